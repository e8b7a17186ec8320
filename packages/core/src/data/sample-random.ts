/** @file Random numbers for one sample of one epoch, whoever reads it, in whatever order. */
import type { RandomSource } from "./transforms/transform.ts";

/**
 * A stream decided by (seed, epoch, index) alone, so that augmentation does not depend on the number of workers, on the
 * batch size or on where a killed run went on. Starting it is a few multiplications, not the 624 words of mt19937.
 *
 * Draws    32 bits a call, 0 to 2^32 − 1.
 * Torch    Not torch's: its augmentation draws from the stream of whichever worker reads the sample, so there is
 *          nothing to match.
 * Source   sfc32 of Chris Doty-Humphrey's PractRand, state filled by the finaliser of MurmurHash3.
 *
 * @example
 * const draw = (epoch: number) => new SampleRandom().start(0n, epoch, 17).random();
 * draw(3) === draw(3); // true
 * draw(3) === draw(4); // false
 */
export class SampleRandom implements RandomSource {
  #seed = 0n;
  #low = 0;
  #high = 0;
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  /** Goes to the beginning of the stream of sample `index` in epoch `epoch`; returns itself. */
  start(seed: bigint, epoch: number, index: number): this {
    if (seed !== this.#seed) {
      this.#seed = seed;
      this.#low = Number(BigInt.asUintN(32, seed));
      this.#high = Number(BigInt.asUintN(32, seed >> 32n));
    }
    this.#a = mix(this.#low ^ mix(index + 0x9e3779b9));
    this.#b = mix(this.#high ^ mix(epoch + 0x85ebca6b));
    this.#c = mix(this.#a + Math.imul(this.#b, 0xc2b2ae35) + Math.floor(index / 2 ** 32));
    this.#counter = 1;
    for (let i = 0; i < 12; i++) this.random();
    return this;
  }

  random(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** MurmurHash3's finaliser: every bit of the input moves about half of the output's. */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
