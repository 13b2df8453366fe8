import { closePairs, perceptualHash } from './perceptual-hash.ts';

/**
 * When two images count as the same picture: their hashes differ in at most `bits` of 256, and what sets them apart from the
 * dataset's mean image correlates by `correlation` at least. The second condition is for images of a kind, which all have
 * low frequencies in common.
 *
 * Measured on the paper's Brain Tumor benchmark (3,200 slices at 64×64): 6,165 pairs are within 32 bits, 565 of them equal,
 * and 6,154 correlate by 0.85. Of 24 pairs drawn at 25 to 32 bits all show one slice (other brightness, contrast, sharpness
 * or a slight turn); of 24 at 41 to 48 bits eight do not. Of 600 phantom slices, of which none is a copy, 175 pairs are
 * within 32 bits and 2 of these correlate so.
 */
export const nearCopyLimits = { bits: 32, correlation: 0.85 } as const;

/** With fewer images their mean says nothing of what they have in common. */
const enoughForMean = 20;

/** Told how far the search is: images that are hashed, then pairs of images that are compared. */
export type NearCopiesProgress = (step: 'hashing' | 'comparing', done: number, total: number) => void;

/**
 * Families of images that show the same picture: every image is a near-copy (`nearCopyLimits`) of another one of its family.
 * @param pixels [N, imageSize, imageSize] of a packed dataset
 * @param copies groups of equal images; a family that is no more than one of them is left out
 * @returns positions, rising, by the first of each family
 */
export function findNearCopies(
  pixels: Uint8Array,
  imageSize: number,
  copies: readonly (readonly number[])[],
  onProgress: NearCopiesProgress = () => {},
): number[][] {
  const area = imageSize * imageSize;
  const count = pixels.length / area;
  const hashes = Array.from({ length: count }, (_, i) => {
    const image = pixels.subarray(i * area, (i + 1) * area);
    const hash = perceptualHash({ width: imageSize, height: imageSize, pixels: image });
    onProgress('hashing', i + 1, count);
    return hash;
  });
  const correlation = deviations(pixels, area);
  const parent = Array.from({ length: count }, (_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  const join = (first: number, second: number) => {
    const [a, b] = [root(first), root(second)];
    if (a === b || correlation(first, second) < nearCopyLimits.correlation) return;
    // The lower position names the family.
    parent[Math.max(a, b)] = Math.min(a, b);
  };
  closePairs(hashes, nearCopyLimits.bits, join, (done, total) => onProgress('comparing', done, total));
  const copyOf = new Map(copies.flatMap((group) => group.map((position) => [position, group[0]!] as const)));
  const families = Map.groupBy(parent.keys(), root);
  return [...families.values()].filter((family) => {
    const pictures = new Set(family.map((position) => copyOf.get(position) ?? position));
    return pictures.size > 1;
  });
}

/**
 * How much alike two images deviate from the mean of all, each brought to mean 0 and length 1 first.
 * @returns correlation in -1 … 1; 1 for images without a deviation, which are one picture
 */
function deviations(pixels: Uint8Array, area: number): (first: number, second: number) => number {
  const count = pixels.length / area;
  const normalised = (position: number): Float64Array => {
    const image = Float64Array.from(pixels.subarray(position * area, (position + 1) * area));
    const mean = image.reduce((sum, grey) => sum + grey, 0) / area;
    const length = Math.sqrt(image.reduce((sum, grey) => sum + (grey - mean) ** 2, 0));
    return image.map((grey) => (length === 0 ? 0 : (grey - mean) / length));
  };
  const common = new Float64Array(area);
  if (count >= enoughForMean) {
    for (let position = 0; position < count; position++) {
      const image = normalised(position);
      for (let at = 0; at < area; at++) common[at]! += image[at]! / count;
    }
  }
  return (first, second) => {
    const [a, b] = [normalised(first), normalised(second)];
    let [product, lengthA, lengthB] = [0, 0, 0];
    for (let at = 0; at < area; at++) {
      const [x, y] = [a[at]! - common[at]!, b[at]! - common[at]!];
      product += x * y;
      lengthA += x * x;
      lengthB += y * y;
    }
    return lengthA === 0 || lengthB === 0 ? 1 : product / Math.sqrt(lengthA * lengthB);
  };
}
