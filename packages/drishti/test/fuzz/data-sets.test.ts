/** What data sets on disk are described by: shards (tar), and lists (CSV, JSON lines). */
import { expect, test } from "vitest";
import { chosenMembers } from "../../src/data/archive.ts";
import { parseManifest } from "../../src/data/sources/manifest.ts";
import { readBytesOnDemand } from "../../src/data/sources/on-demand.ts";
import { readShard, Samples } from "../../src/data/sources/shards.ts";
import { fuzzReader } from "./harness.ts";

const text = (words: string) => new TextEncoder().encode(words);

/** A member with its header. Type: "0" a file, "L" a long name of GNU, "x" an extended header of pax. */
function member(name: string, content: string, type = "0"): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write(`${Buffer.byteLength(content).toString(8).padStart(11, "0")}\0`, 124);
  header.write(type, 156);
  header.write("ustar\x0000", 257);
  return Buffer.concat([header, Buffer.alloc(512 * Math.ceil(Buffer.byteLength(content) / 512), content, "utf8")]);
}
const end = Buffer.alloc(1024);

/** With the checksums its headers should have: damage goes past the first look. */
function checksummed(archive: Uint8Array): Uint8Array {
  const out = Buffer.from(archive);
  for (let at = 0; at + 512 <= out.length; at += 512) {
    if (out.toString("latin1", at + 257, at + 262) !== "ustar") continue;
    out.fill(" ", at + 148, at + 156);
    const sum = out.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    out.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148);
  }
  return out;
}

const archives = {
  plain: Buffer.concat([
    member("1.png", "picture"),
    member("1.cls", "3"),
    member("2.jpg", "x"),
    member("2.cls", "0"),
    end,
  ]),
  folders: Buffer.concat([member("rose/1.png", "picture"), member("tulip/2.png", ""), end]),
  json: Buffer.concat([member("a.json", '{"label": "rose"}'), member("a.webp", "picture"), end]),
  gnu: Buffer.concat([member("././@LongLink", `${"deep/".repeat(30)}1.png\0`, "L"), member("deep/1.png", "x"), end]),
  pax: Buffer.concat([
    member("PaxHeader", "24 path=फूल/1.png\n9 size=7\n", "x"),
    member("x/1.png", "picture"),
    member("x/1.cls", "12"),
  ]),
};
const read = (bytes: Uint8Array) => {
  const found = new Samples();
  readBytesOnDemand(bytes, (size) => readShard(found, "x.tar", "x.tar", size));
  return found;
};
const samples = Object.fromEntries(Object.entries(archives).map(([name, bytes]) => [name, checksummed(bytes)]));

test("the samples are archives with pictures", () => {
  for (const [name, bytes] of Object.entries(samples)) expect(read(bytes).labels.length, name).toBeGreaterThan(0);
});
fuzzReader("shards", { samples, read });
fuzzReader("shards with right checksums", { samples: archives, read: (bytes) => read(checksummed(bytes)) });

fuzzReader("tar archives of CIFAR-10", {
  samples: { plain: samples.plain!, gnu: samples.gnu!, pax: samples.pax! },
  read: (bytes) => readBytesOnDemand(bytes, () => chosenMembers("x.tar", new Set(["1.png", "2.jpg"]))),
});

fuzzReader("CSV lists", {
  samples: {
    comma: text('file,label,split\na.png,rose,train\n"b ""1"".png","tulip, red",val\r\n"two\nlines.png",rose,\n'),
    semicolon: text("\ufefflabel;image\n0;a.png\n11;b.png\n2;c.png\n"),
    tab: text("path\tclass\tnote\nफूल.png\tगुलाब\t\n"),
  },
  read: (bytes) => parseManifest(bytes, "x/list.csv"),
});
fuzzReader("JSON-lines lists", {
  samples: {
    lines: text('{"file":"a.png","label":"rose","split":"val"}\n\n{"path":"/b.png","class":3,"more":[1,{"x":null}]}\n'),
    labels: text('{"image":"a.png","category":"गुलाब"}\n{"image":"b.png","category":"x"}\n'),
  },
  read: (bytes) => parseManifest(bytes, "x/list.jsonl"),
});
