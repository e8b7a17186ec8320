import { describe, expect, test } from "vitest";
import { drawConfusion, drawPicture, drawTable, sideBySide } from "./draw.ts";
import { bytes, duration, grouped, styleFor } from "./style.ts";

const plain = styleFor(false, {});
const coloured = styleFor(true, {});

describe("pictures", () => {
  const picture = { data: [0, 255, 255, 255, 0, 0, 255, 0], height: 4, width: 2 };

  test("two rows a line, darker to lighter", () => {
    // column 0: 0 over 255, then 0 over 255; column 1: 255 over 255, then 0 over 0
    expect(drawPicture(picture, plain)).toEqual(["▒█", "▒ "]);
  });

  test("half blocks in greys with colour: upper pixel in front, lower behind", () => {
    expect(drawPicture({ data: [0, 255], height: 2, width: 1 }, coloured)).toEqual(["\x1b[38;5;232;48;5;255m▀\x1b[0m"]);
  });

  test("an odd last row stands over nothing; a border is left out", () => {
    expect(drawPicture({ data: [255, 255, 255], height: 3, width: 1 }, plain)).toEqual(["█", "▒"]);
    expect(drawPicture({ data: [0, 0, 0, 0, 255, 0, 0, 0, 0], height: 3, width: 3 }, plain, 1)).toEqual(["▒"]);
  });

  test("side by side, escape sequences take no room", () => {
    const red = styleFor(true, {}).bad("ab");
    expect(
      sideBySide(
        [
          { lines: ["1", red], width: 3 },
          { lines: ["x", "y"], width: 1 },
        ],
        "|",
      ),
    ).toEqual(["1  |x", `${red} |y`]);
  });
});

test("a confusion matrix: truth down, prediction across, dots for zeros", () => {
  expect(
    drawConfusion(
      [
        [12, 0],
        [3, 4],
      ],
      ["cat", "dog"],
      plain,
    ),
  ).toEqual(["      cat dog", " cat   12   ·", " dog    3   4"]);
});

test("a table: columns to their widest cell", () => {
  expect(
    drawTable(
      [
        ["name", "n"],
        ["a", "10"],
      ],
      [false, true],
    ),
  ).toEqual(["name   n", "a     10"]);
});

test("numbers and times for people", () => {
  expect([grouped(1234567.4), grouped(999), grouped(-1000)]).toEqual(["1,234,567", "999", "-1,000"]);
  expect([duration(9.6), duration(200), duration(3900)]).toEqual(["10 s", "3 min 20 s", "1 h 05 min"]);
  expect([bytes(512), bytes(1_074_600), bytes(230_400)]).toEqual(["512 B", "1.1 MB", "230.4 kB"]);
});

test("colour only on a terminal that wants it", () => {
  expect([styleFor(true, {}), styleFor(true, { NO_COLOR: "" })].map(({ color }) => color)).toEqual([true, true]);
  expect(
    [styleFor(false, {}), styleFor(true, { NO_COLOR: "1" }), styleFor(true, { TERM: "dumb" })].map(
      ({ color }) => color,
    ),
  ).toEqual([false, false, false]);
});
