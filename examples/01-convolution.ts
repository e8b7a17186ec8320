/** The notes' worked convolution (N11): a 5×5 image, a 3×3 filter, and the 3×3 feature map they give. */
import { conv2d, nn, tensor } from "drishti";

const image = tensor([
  [1, 1, 1, 0, 0],
  [0, 1, 1, 1, 0],
  [0, 0, 1, 1, 1],
  [0, 0, 1, 1, 0],
  [0, 1, 1, 0, 0],
]).reshape([1, 1, 5, 5]); // (N, C, H, W)

const filter = tensor([
  [1, 0, 1],
  [0, 1, 0],
  [1, 0, 1],
]).reshape([1, 1, 3, 3]); // (O, C, kH, kW)

const map = conv2d(image, filter);
console.log("feature map:", JSON.stringify(await map.reshape([3, 3]).tolist()));

// The same as a layer with weights of its own: one channel in, one out, 3×3.
const layer = new nn.Conv2d(1, 1, 3);
console.log(`Conv2d(1, 1, 3): [${image.shape}] → [${layer.forward(image).shape}]`);
