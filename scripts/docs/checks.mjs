// Turns the comments of a snippet into checks:
//   expression; // [1, 2]            the value, as JSON (numbers with decimals: to the digits written)
//   const name = expression; // 3    the same
//   console.log(…); // text          what it prints; "such as …" is only an example of it
import assert from "node:assert/strict";
import { format } from "node:util";
import ts from "typescript";

/** The code with calls of __check and __printed in it. */
export function withChecks(code) {
  const asModule = `${code}\nexport {};`; // in which await is a keyword
  const source = ts.createSourceFile("snippet.ts", asModule, ts.ScriptTarget.ES2023, true);
  const edits = [];
  const visit = (node) => {
    ts.forEachChild(node, visit);
    if (!ts.isExpressionStatement(node) && !ts.isVariableStatement(node)) return;
    const comment = trailingComment(code, node.end);
    if (comment === undefined) return;
    if (ts.isExpressionStatement(node)) {
      const { expression } = node;
      const text = expression.getText(source);
      if (ts.isCallExpression(expression) && expression.expression.getText(source) === "console.log") {
        const inside = expression.arguments.map((argument) => argument.getText(source)).join(", ");
        edits.push([node.getStart(source), node.end, `__printed(${JSON.stringify(comment)}, ${inside});`]);
      } else if (isJson(comment))
        edits.push([
          node.getStart(source),
          node.end,
          `__check(${text}, ${JSON.stringify(comment)}, ${JSON.stringify(text)});`,
        ]);
    } else if (isJson(comment)) {
      const [declaration, ...others] = node.declarationList.declarations;
      if (others.length > 0 || !ts.isIdentifier(declaration.name)) return;
      const name = declaration.name.text;
      edits.push([node.end, node.end, ` __check(${name}, ${JSON.stringify(comment)}, ${JSON.stringify(name)});`]);
    }
  };
  visit(source);
  let out = code;
  for (const [from, to, text] of edits.sort((a, b) => b[0] - a[0])) out = out.slice(0, from) + text + out.slice(to);
  return out;
}

function trailingComment(code, end) {
  const comment = /^[ \t]*\/\/ (.+)/.exec(code.slice(end))?.[1].trim();
  return comment?.startsWith("such as") ? undefined : comment;
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Puts the functions that the checks call where every snippet finds them. */
export function installChecks() {
  globalThis.__check = (value, comment, text) => {
    const wanted = JSON.parse(comment);
    const decimals = [...comment.matchAll(/\d\.(\d+)/g)].map((match) => match[1].length);
    const found = rounded(plain(value), Math.max(-1, ...decimals));
    assert.deepEqual(found, wanted, `${text} is ${JSON.stringify(value)}, the comment says ${comment}`);
  };
  globalThis.__printed = (wanted, ...values) => {
    const text = format(...values);
    console.log(text);
    if (text !== wanted) throw new Error(`it prints: ${text}\nthe comment says: ${wanted}`);
  };
}

/** As JSON gives it back; typed arrays as arrays. */
function plain(value) {
  return JSON.parse(JSON.stringify(value, (_, item) => (ArrayBuffer.isView(item) ? Array.from(item) : item)));
}

/** Numbers with so many decimals; as they are below 0. */
function rounded(value, decimals) {
  if (Array.isArray(value)) return value.map((item) => rounded(item, decimals));
  return typeof value !== "number" || decimals < 0 ? value : Number(value.toFixed(decimals)) + 0; // not -0
}
