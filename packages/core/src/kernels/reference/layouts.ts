/** @file The layouts of the fused kernels: read into plain NCHW, and written back with the border's zeros. */

/** Sizes of a tensor, how it lies in memory, and the zeros around each image (NHWC alone). */
export interface Lie {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** 0: NCHW; 1: NHWC. */
  readonly layout: number;
  readonly border: number;
}

/** Place in memory of every element, in NCHW order. */
function eachPlace({ batch, channels, height, width, layout, border }: Lie, visit: (at: number, nchw: number) => void) {
  const rows = height + 2 * border;
  const columns = width + 2 * border;
  let nchw = 0;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let y = border; y < border + height; y++) {
        for (let x = border; x < border + width; x++) {
          visit(layout === 0 ? nchw : ((n * rows + y) * columns + x) * channels + c, nchw);
          nchw++;
        }
      }
    }
  }
}

const elements = (lie: Lie) => lie.batch * lie.channels * lie.height * lie.width;
const extent = (lie: Lie) => lie.batch * lie.channels * (lie.height + 2 * lie.border) * (lie.width + 2 * lie.border);

/** As NCHW. What lies in the border is not looked at. */
export function toPlanes(data: ArrayLike<number>, lie: Lie): Float64Array {
  const planes = new Float64Array(elements(lie));
  eachPlace(lie, (at, nchw) => {
    planes[nchw] = data[at]!;
  });
  return planes;
}

/** From NCHW, with zeros in the border. */
export function fromPlanes(planes: ArrayLike<number>, lie: Lie, target: Float64Array | Uint8Array): void {
  target.fill(0, 0, extent(lie));
  eachPlace(lie, (at, nchw) => {
    target[at] = planes[nchw]!;
  });
}
