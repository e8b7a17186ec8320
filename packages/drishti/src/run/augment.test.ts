import { describe, expect, test } from "vitest";
import { type AugmentedPictures, augmentation, augmentFault, mixing } from "./augment.ts";
import { trainConfig } from "./train-config.ts";

const digits: AugmentedPictures = { shape: [1, 28, 28], photos: false };
const small: AugmentedPictures = { shape: [3, 32, 32], photos: false };
const photos: AugmentedPictures = { shape: [3, 96, 96], photos: true };
const names = (value: string, pictures: AugmentedPictures) => {
  const { bytes, floats } = augmentation(value, pictures);
  return [bytes.map(({ name }) => name), floats.map(({ name }) => name)];
};

describe("--augment", () => {
  test.each<[string, AugmentedPictures, string[], string[]]>([
    ["none", photos, [], []],
    ["standard", digits, ["randomCrop"], []], // a mirrored 2 is no 2
    ["standard", small, ["randomCrop", "randomHorizontalFlip"], []],
    ["standard", photos, ["randomResizedCrop", "randomHorizontalFlip"], []],
    ["trivial", small, ["randomCrop", "randomHorizontalFlip", "trivialAugmentWide"], []],
    ["rand", photos, ["randomResizedCrop", "randomHorizontalFlip", "randAugment"], []],
    ["auto", digits, ["randomCrop", "autoAugment"], []],
    ["crop+flip", small, ["randomCrop", "randomHorizontalFlip"], []],
    ["erasing, colorJitter,flip", photos, ["colorJitter", "randomHorizontalFlip"], ["randomErasing"]],
  ])("%s for %o", (value, pictures, bytes, floats) => {
    expect(augmentFault(value)).toBeUndefined();
    expect(names(value, pictures)).toEqual([bytes, floats]);
  });
  test("auto takes the policy that was searched on such pictures", () => {
    const policy = (pictures: AugmentedPictures) => augmentation("auto", pictures).bytes.at(-1)!.toJSON().policy;
    expect([policy(digits), policy(small), policy(photos)]).toEqual(["svhn", "cifar10", "imagenet"]);
  });
  test.each(["", "rotate", "crop,", "none,crop", "constructor", 3, null])("refuses %j", (value) => {
    expect(augmentFault(value)).toMatch(/must be one of none, standard, trivial, rand, auto, or a list of crop/);
    expect(() => trainConfig({ augment: value as string })).toThrow(/--augment must be one of/);
  });
});

describe("--mixup and --cutmix", () => {
  test("off, one, or either at random", () => {
    expect(mixing({ mixup: 0, cutmix: 0 }, 10)).toBeUndefined();
    expect(mixing({ mixup: 0.2, cutmix: 0 }, 10)!.toJSON()).toEqual({ name: "mixUp", numClasses: 10, alpha: 0.2 });
    expect(mixing({ mixup: 0.2, cutmix: 1 }, 10)!.name).toBe("randomChoice");
  });
  test("numbers out of range are wrong usage", () => {
    expect(() => trainConfig({ mixup: -1 })).toThrow(/--mixup must be a number from 0, got -1/);
    expect(() => trainConfig({ "label-smoothing": 1 })).toThrow(/--label-smoothing must be at least 0 and below 1/);
  });
});
