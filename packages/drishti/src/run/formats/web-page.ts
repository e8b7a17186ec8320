/** @file The pages of a web export. */
import type { ModelCard } from "@drishti/core/train";

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** Ten lines to start one's own page from. */
export function indexPage({ model, classes }: ModelCard): string {
  const title = escapeHtml(`${model.name.split(/[\\/]/).at(-1)}: ${classes.length} classes`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body { font: 1.1rem/1.5 system-ui; max-width: 32rem; margin: 3rem auto; padding: 0 1rem } img { max-width: 100%; max-height: 60vh }</style>
<h1>${title}</h1><p><input type="file" accept="image/*"></p><p><img alt=""></p><pre>loading … (not from disk: python3 -m http.server)</pre>
<script type="module">
  import { load } from "./drishti.js";
  onerror = onunhandledrejection = (fault) => { output.textContent = fault.reason?.message ?? fault; };
  const [input, image, output] = ["input", "img", "pre"].map((name) => document.querySelector(name)), model = await load();
  input.onchange = async () => { image.src = URL.createObjectURL(input.files[0]);
    output.textContent = (await model.predict(input.files[0])).map(({ label, probability }) => \`\${(100 * probability).toFixed(1).padStart(5)} %  \${label}\`).join("\\n");
  }; output.textContent = "";</script></html>
`;
}

/** Runs the golden pictures in this browser, shows the result, and sends it to a server that asked for it. */
export function verifyPage(): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>verify</title><pre>running…</pre>
<script type="module">
  let result;
  try {
    const { load } = await import("./drishti.js");
    result = await (await load()).verify();
  } catch (error) {
    result = { where: "browser", maxError: null, ok: false, reason: String(error) };
  }
  document.querySelector("pre").textContent = JSON.stringify(result, null, 2);
  if (location.hash === "#report") await fetch("./result", { method: "POST", body: JSON.stringify(result) });
</script></html>
`;
}
