/** @file Of predict.mjs in a web export: labels for pictures in Node, without any package. */
import { readFile, stat } from "node:fs/promises";
import { decodePicture } from "../data/decode/decode.ts";
import { openModel, type WebFormat } from "./open-model.ts";

const usage = `node predict.mjs PICTURE…    labels of PNG, BMP, PGM and PPM files; JPEG and others where sharp is installed
node predict.mjs --verify    whether the model gives the answers it gave when it was exported
`;

const here = async (name: string): Promise<Uint8Array> => {
  const bytes = await readFile(new URL(name, import.meta.url));
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** The exit code. */
export async function predict(format: WebFormat, argv: readonly string[]): Promise<number> {
  if (argv.length === 0 || argv.includes("--help")) {
    process.stdout.write(usage);
    return argv.length === 0 ? 2 : 0;
  }
  const model = await openModel(format, {
    model: await here(format.file),
    kernels: (variant) => here(`drishti-${variant}.wasm`),
  });
  if (argv.includes("--verify")) {
    const check = { ...(await model.verify()), where: "predict.mjs" };
    process.stdout.write(`${JSON.stringify(check)}\n`);
    return check.ok ? 0 : 1;
  }
  let failed = 0;
  for (const file of argv)
    try {
      const kind = await stat(file).catch(() => undefined);
      if (!kind?.isFile()) throw new Error(kind ? "no ordinary file." : "there is no such file. Check the path."); // a pipe would never end
      const picture = await decodePicture(new Uint8Array(await readFile(file)), file);
      process.stdout.write(`${JSON.stringify({ file, top: await model.predictPixels(picture) })}\n`);
    } catch (error) {
      failed++;
      const { message } = error as Error;
      process.stderr.write(
        `${message.includes(file) ? message.slice(message.indexOf(file)) : `${file}: ${message}`}\n`,
      );
    }
  return failed > 0 ? 1 : 0;
}
