/** @file A web export, tried: predict.mjs in a Node of its own, and the page in a browser without a window. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { GoldenCheck } from "../golden.ts";

/** Beyond this the browser is given up: starting one and running a few pictures takes seconds. */
const PATIENCE_MS = 120_000;

export async function checkWeb(folder: string): Promise<GoldenCheck[]> {
  return [await checkNode(folder), noBrowser() ?? (await checkBrowser(folder))];
}

async function checkNode(folder: string): Promise<GoldenCheck> {
  const where = "predict.mjs";
  const { out, err } = await output(process.execPath, [join(folder, where), "--verify"]);
  try {
    return JSON.parse(out) as GoldenCheck;
  } catch {
    return { where, maxError: null, ok: false, reason: err.trim().split("\n").at(-1) || "it printed nothing" };
  }
}

function output(program: string, argv: readonly string[]): Promise<{ out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE_MS });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => (out += text));
    child.stderr.on("data", (text) => (err += text));
    child.on("error", reject);
    child.on("close", () => resolve({ out, err }));
  });
}

/** CHROME_PATH, or the first of the usual names on PATH. */
function findBrowser(): string | undefined {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

/** The check that cannot be made; undefined where there is a browser. */
export function noBrowser(): GoldenCheck | undefined {
  if (findBrowser()) return undefined;
  const reason = "no Chromium or Chrome was found; set CHROME_PATH";
  return { where: "browser", maxError: null, ok: true, skipped: true, reason };
}

/** The page of an export, in the browser that is here. */
export async function checkBrowser(folder: string): Promise<GoldenCheck> {
  const browser = findBrowser()!;
  const profile = mkdtempSync(join(tmpdir(), "drishti-browser-"));
  const { server, result } = serve(folder);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const flags = [
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    `--user-data-dir=${profile}`,
  ];
  // A browser's own sandbox does not start for root, as in containers; the page is ours.
  if (process.getuid?.() === 0) flags.push("--no-sandbox");
  const child = spawn(browser, [...flags, `http://127.0.0.1:${port}/verify.html#report`], {
    stdio: "ignore",
    detached: true, // a group of its own, to be ended as a whole
  });
  let timer: NodeJS.Timeout | undefined;
  const failure = new Promise<GoldenCheck>((resolve) => {
    const fail = (reason: string) => resolve({ where: "browser", maxError: null, ok: false, reason });
    child.on("error", (error) => fail(`${browser}: ${error.message}`));
    child.on("exit", (code) => fail(`${browser} ended with code ${code} before the page had answered`));
    timer = setTimeout(() => fail(`the page did not answer within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
  });
  try {
    return await Promise.race([result, failure]);
  } finally {
    clearTimeout(timer);
    await endGroup(child);
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }).catch(() => {}); // the system's temporary files
  }
}

/** A browser is a dozen processes. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    if (process.platform === "win32") child.kill();
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    return; // it has ended by itself
  }
  await ended;
}

/** Serves the folder's files, and waits for the page's answer. */
function serve(folder: string): { server: Server; result: Promise<GoldenCheck> } {
  let answer: (check: GoldenCheck) => void = () => {};
  const result = new Promise<GoldenCheck>((resolve) => {
    answer = resolve;
  });
  const server = createServer(async (request, response) => {
    const name = new URL(request.url ?? "/", "http://localhost").pathname.slice(1);
    if (request.method === "POST" && name === "result") {
      let body = "";
      for await (const chunk of request) body += chunk;
      response.end();
      try {
        answer(JSON.parse(body) as GoldenCheck);
      } catch {
        // not the page's: its answer is still to come
      }
      return;
    }
    const file = await webFile(folder, name);
    response.writeHead(file ? 200 : 404, { "content-type": file?.type ?? "text/plain" });
    response.end(file?.body);
  });
  return { server, result };
}

/** A file of the folder itself: a page has no business elsewhere. */
async function webFile(folder: string, name: string): Promise<{ body: Uint8Array; type: string } | undefined> {
  const types: Record<string, string> = {
    html: "text/html",
    js: "text/javascript",
    mjs: "text/javascript",
    wasm: "application/wasm",
  };
  if (!/^[\w.-]+$/.test(name)) return undefined;
  const body = await readFile(join(folder, name)).catch(() => undefined);
  return body && { body, type: types[name.split(".").at(-1)!] ?? "application/octet-stream" };
}
