import { closePairs, perceptualHash } from './perceptual-hash.ts';

/**
 * Bits of 256 in which the hashes of two images differ that count as the same picture. Measured on the paper's Brain Tumor
 * benchmark (3,200 slices at 64×64): 6,165 pairs are within 32 bits, 565 of them equal; of 24 drawn at 25 to 32 bits all show
 * one slice (other brightness, contrast, sharpness or a slight turn); of 24 at 41 to 48 bits eight do not.
 */
export const nearCopyBits = 32;

/**
 * Families of images that show the same picture: every image is within `nearCopyBits` of another one of its family.
 * @param pixels [N, imageSize, imageSize] of a packed dataset
 * @param copies groups of equal images; a family that is no more than one of them is left out
 * @returns positions, rising, by the first of each family
 */
export function findNearCopies(
  pixels: Uint8Array,
  imageSize: number,
  copies: readonly (readonly number[])[],
): number[][] {
  const area = imageSize * imageSize;
  const count = pixels.length / area;
  const hashes = Array.from({ length: count }, (_, i) =>
    perceptualHash({
      width: imageSize,
      height: imageSize,
      pixels: pixels.subarray(i * area, (i + 1) * area),
    }),
  );
  const parent = Array.from({ length: count }, (_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  closePairs(hashes, nearCopyBits, (first, second) => {
    const [a, b] = [root(first), root(second)];
    // The lower position names the family.
    parent[Math.max(a, b)] = Math.min(a, b);
  });
  const copyOf = new Map(copies.flatMap((group) => group.map((position) => [position, group[0]!] as const)));
  const families = Map.groupBy(parent.keys(), root);
  return [...families.values()].filter((family) => {
    const pictures = new Set(family.map((position) => copyOf.get(position) ?? position));
    return pictures.size > 1;
  });
}
