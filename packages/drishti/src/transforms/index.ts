/** @file drishti/transforms: every transform, with torchvision v2's names and numerics. */
export * from "@drishti/core/transforms";
