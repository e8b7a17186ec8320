/** @file A batch as tensors. Apart from DataLoader, so that data can be read without any of the engine. */
import { type Device, type Tensor, tensor } from "../autograd/index.ts";
import type { Batch } from "./batch.ts";

/**
 * A batch as tensors: images as float32 (N, C, H, W) and labels as int32 (N), or as float32 shares (N, classes) where
 * the batch was mixed, on the default device unless another is given.
 *
 * Throws   BackendError for a device that does not run here.
 *
 * @example
 * for await (const batch of loader) {
 *   const { images, labels } = toTensors(batch);
 *   const loss = criterion.forward(model.forward(images), labels);
 *   console.log(images.shape, labels.shape, loss.shape); // [ 8, 1, 28, 28 ] [ 8 ] []
 * }
 */
export function toTensors(batch: Batch, device?: Device): { images: Tensor; labels: Tensor } {
  return {
    images: tensor(batch.images, { shape: batch.shape, device }),
    labels: batch.targets
      ? tensor(batch.targets, { shape: [batch.count, batch.targets.length / batch.count], device })
      : tensor(batch.labels, { device }),
  };
}
