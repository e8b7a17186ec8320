/** @file Of drishti.js in a web export: opening the folder's model, and pictures of the browser. */
import type { Picture } from "@drishti/core/data";
import { type Guess, openModel, type WebFormat, type WebModel } from "./open-model.ts";

interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}

interface Context {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  drawImage(image: Bitmap, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}

declare const createImageBitmap: (source: unknown) => Promise<Bitmap>;
declare const OffscreenCanvas: new (width: number, height: number) => { getContext(kind: "2d"): Context };

export interface BrowserModel extends WebModel {
  /** The likeliest labels of a file, image element, canvas or video. */
  predict(source: unknown, top?: number): Promise<Guess[]>;
}

/** Opens the model in a folder of this site. */
export async function loadFrom(format: WebFormat, folder: string | URL): Promise<BrowserModel> {
  const base = new URL(folder, (globalThis as { location?: { href: string } }).location?.href);
  const get = async (name: string): Promise<Uint8Array> => {
    const response = await fetch(new URL(name, base));
    if (!response.ok) throw new Error(`${name} cannot be loaded: ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const model = await openModel(format, {
    model: await get(format.file),
    kernels: (variant) => get(`drishti-${variant}.wasm`),
  });
  return { ...model, predict: async (source, top) => model.predictPixels(await pixelsOf(source), top) };
}

/** Planes of red, green and blue, turned upright by the browser; what is transparent shows white. */
export async function pixelsOf(source: unknown): Promise<Picture> {
  const bitmap = await createImageBitmap(source);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data: rgba } = context.getImageData(0, 0, width, height);
  const plane = width * height;
  const data = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) for (let c = 0; c < 3; c++) data[c * plane + i] = rgba[4 * i + c]!;
  return { data, channels: 3, height, width };
}
