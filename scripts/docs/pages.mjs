// The pages themselves: links lead somewhere; a Hindi page has the code of its English twin.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { fences, pagesIn } from "./collect.mjs";

/** @returns {{ name: string, fault?: string }[]} */
export function checkPages(root) {
  const pages = pagesIn(root);
  const results = [];
  for (const page of pages) {
    const faults = brokenLinks(root, page);
    if (page.endsWith(".hi.md")) faults.push(...differences(root, page));
    else if (page.startsWith("docs/guide/") && !pages.includes(page.replace(/\.md$/, ".hi.md")))
      faults.push("it has no Hindi twin");
    results.push({ name: `page ${page}`, fault: faults.length > 0 ? faults.join("\n") : undefined });
  }
  return results;
}

function brokenLinks(root, page) {
  const text = readFileSync(path.join(root, page), "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1])
    .filter((target) => !/^[a-z]+:/.test(target));
  return targets.flatMap((target) => {
    const [file, anchor] = target.split("#");
    const full = file === "" ? path.join(root, page) : path.join(root, path.dirname(page), file);
    if (!existsSync(full)) return [`link to ${target}: there is no such file`];
    if (anchor && full.endsWith(".md") && !anchors(readFileSync(full, "utf8")).has(anchor))
      return [`link to ${target}: there is no such heading`];
    return [];
  });
}

/** Headings as GitHub names them. */
function anchors(text) {
  const headings = [...text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map((match) =>
      match[1]
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{M}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(/\s/g, "-"),
    ),
  );
}

/** Code must be the same in both languages, comments apart. */
function differences(root, page) {
  const twin = page.replace(/\.hi\.md$/, ".md");
  if (!existsSync(path.join(root, twin))) return [`${twin} does not exist`];
  const [ours, theirs] = [page, twin].map((file) =>
    fences(readFileSync(path.join(root, file), "utf8")).filter((fence) => fence.language !== ""),
  );
  if (ours.length !== theirs.length) return [`it has ${ours.length} blocks of code, ${twin} ${theirs.length}`];
  return ours.flatMap((fence, i) => {
    const other = theirs[i];
    return fence.language === other.language && bare(fence) === bare(other)
      ? []
      : [`the block at line ${fence.line} is not that of ${twin}:${other.line}`];
  });
}

function bare({ language, code }) {
  if (language === "ts")
    return ts.transpileModule(code, { compilerOptions: { removeComments: true, target: ts.ScriptTarget.ESNext } })
      .outputText;
  return language === "sh" ? code.replaceAll(/\s*#.*$/gm, "") : code;
}
