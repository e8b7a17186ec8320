/** @file Steps through a shape in row-major order, with the place in each of several strided operands. */

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** `visit` gets the place in two operands and the position in row-major order. */
export function walk(
  shape: readonly number[],
  stridesA: readonly number[],
  stridesB: readonly number[],
  visit: (a: number, b: number, position: number) => void,
): void {
  const size = sizeOf(shape);
  const index = shape.map(() => 0);
  let a = 0;
  let b = 0;
  for (let position = 0; position < size; position++) {
    visit(a, b, position);
    // The next index, as an odometer counts: an axis that is full goes back to 0 and moves the one before it.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      a += stridesA[axis]!;
      b += stridesB[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      a -= stridesA[axis]! * shape[axis]!;
      b -= stridesB[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** The place in one strided operand for every position in row-major order. */
export function places(shape: readonly number[], strides: readonly number[]): Int32Array {
  const table = new Int32Array(sizeOf(shape));
  walk(shape, strides, strides, (at, _same, position) => {
    table[position] = at;
  });
  return table;
}
