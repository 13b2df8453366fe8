import type { GreyImage } from './grey.ts';
import { resizeBilinear } from './resize.ts';

/** Side to which an image is brought, and side of the block of lowest frequencies that is kept. */
const [side, kept] = [64, 16];
/** A hash has kept² = 256 bits, in words of 32. */
const words = (kept * kept) / 32;

/** cos(π (2x + 1) u / 2·side): DCT-II without its factors, which the comparison with a median of all does not need. */
const cosines = Float64Array.from({ length: kept * side }, (_, i) =>
  Math.cos((Math.PI * (2 * (i % side) + 1) * Math.floor(i / side)) / (2 * side)),
);

/**
 * Perceptual hash of an image ("pHash"): which of the 16×16 lowest frequencies of its cosine transform at 64×64 are above
 * their median. Brightness and contrast do not change it, compression and resizing change few bits.
 * @returns 256 bits in 8 words; the bit of the mean is 0
 */
export function perceptualHash(image: GreyImage): Uint32Array {
  const { pixels } = resizeBilinear(image, side, side);
  const byRow = new Float64Array(side * kept);
  for (let y = 0; y < side; y++) {
    for (let u = 0; u < kept; u++) {
      let sum = 0;
      for (let x = 0; x < side; x++) sum += pixels[y * side + x]! * cosines[u * side + x]!;
      byRow[y * kept + u] = sum;
    }
  }
  const frequencies = new Float64Array(kept * kept);
  for (let v = 0; v < kept; v++) {
    for (let u = 0; u < kept; u++) {
      let sum = 0;
      for (let y = 0; y < side; y++) sum += byRow[y * kept + u]! * cosines[v * side + y]!;
      // The factors of the first row and column differ from all others.
      frequencies[v * kept + u] = sum * (u === 0 ? Math.SQRT1_2 : 1) * (v === 0 ? Math.SQRT1_2 : 1);
    }
  }
  const median = frequencies.slice(1).sort()[Math.floor((kept * kept - 1) / 2)]!;
  const hash = new Uint32Array(words);
  for (let bit = 1; bit < kept * kept; bit++) {
    if (frequencies[bit]! > median) hash[bit >>> 5]! |= 1 << (bit & 31);
  }
  return hash;
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Pairs of hashes that differ in few bits.
 * @param hashes of all images
 * @param limit bits, at most
 * @param found called with both positions, the lower first
 * @param compared called now and then with how many pairs were looked at, and how many there are
 */
export function closePairs(
  hashes: readonly Uint32Array[],
  limit: number,
  found: (first: number, second: number) => void,
  compared: (done: number, total: number) => void = () => {},
): void {
  const all = new Uint32Array(hashes.length * words);
  hashes.forEach((hash, i) => {
    all.set(hash, i * words);
  });
  const total = (hashes.length * (hashes.length - 1)) / 2;
  let done = 0;
  for (let first = 0; first < hashes.length - 1; first++) {
    for (let second = first + 1; second < hashes.length; second++) {
      let distance = 0;
      // Most pairs are far apart after two words.
      for (let word = 0; word < words && distance <= limit; word++) {
        distance += bitCount(all[first * words + word]! ^ all[second * words + word]!);
      }
      if (distance <= limit) found(first, second);
    }
    done += hashes.length - 1 - first;
    compared(done, total);
  }
}
