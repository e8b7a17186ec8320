/** @file Random numbers as torchvision draws them, one by one. */
import type { RandomSource } from "../data/index.ts";

const { fround } = Math;

/** From [low, high): `torch.empty(1).uniform_(low, high)`, one draw. */
export function drawUniform(random: RandomSource, low: number, high: number): number {
  const from = fround(low);
  return fround((random.random() & 0xffffff) * 2 ** -24 * fround(fround(high) - from) + from);
}

/** An integer 0 … n − 1: `torch.randint(n, (1,))`. */
export function drawInteger(random: RandomSource, n: number): number {
  return random.random() % n;
}

/** Below 1: `torch.rand(1)`. */
export function drawShare(random: RandomSource): number {
  return (random.random() & 0xffffff) * 2 ** -24;
}

/** True with probability p: `torch.rand(1) < p`. */
export function drawChance(random: RandomSource, p: number): boolean {
  return drawShare(random) < fround(p);
}

/** `torch.randperm(n)`, n − 1 draws. */
export function drawOrder(random: RandomSource, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n - 1; i++) {
    const other = i + (random.random() % (n - i));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

/** A standard normal, by Box and Muller; two draws. */
export function drawNormal(random: RandomSource): number {
  const radius = Math.sqrt(-2 * Math.log1p(-drawShare(random)));
  return radius * Math.cos(2 * Math.PI * drawShare(random));
}
