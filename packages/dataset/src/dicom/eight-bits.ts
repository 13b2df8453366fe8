import type { ImageHeader } from './image-header.ts';
import type { Values } from './stored-values.ts';
import { endsOfWords, entriesOfWords } from './words.ts';

/**
 * Values to 8 bits as the paper's authors do it: (v − min) / (max − min) · 255, rounded down; 8 unsigned bits stay as they
 * are. Inverted ones are subtracted from the largest before. What is no picture (`padding`, or no finite number) counts in
 * neither end, and is black.
 */
export function eightBits(values: Values, header: ImageHeader, inverted: boolean): Uint8Array {
  const stay = header.bitsAllocated === 8 && header.numbers === 'unsigned';
  const padding = paddingRange(header);
  if (values instanceof Uint16Array || values instanceof Int16Array)
    return fromWords(values, padding, inverted);
  if (stay && padding === null && !inverted) return values as Uint8Array;
  const [from, to] = padding ?? [1, 0];
  const isPicture = (value: number) => Number.isFinite(value) && !(value >= from && value <= to);
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!isPicture(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const pixels = new Uint8Array(values.length);
  // One grey all over has no range to stretch.
  const range = stay ? 255 : max - min;
  if (!(range > 0)) return pixels;
  const [zero, turn] = inverted ? [max, -1] : [stay ? 0 : min, 1];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (isPicture(value)) pixels[i] = ((turn * (value - zero)) / range) * 255;
  }
  return pixels;
}

/** The same by a table: most images have 16 bits. */
function fromWords(
  values: Uint16Array | Int16Array,
  padding: readonly [number, number] | null,
  inverted: boolean,
): Uint8Array {
  // Signed ones as unsigned ones in the same order.
  const sign = values instanceof Int16Array ? 2 ** 15 : 0;
  const words = new Uint16Array(values.buffer, values.byteOffset, values.length);
  const [from, to] = padding === null ? [1, 0] : [padding[0] + sign, padding[1] + sign];
  const { min, max } = padding === null ? endsOfWords(words, sign) : endsWithout(words, sign, from, to);
  const range = max - min;
  if (!(range > 0)) return new Uint8Array(words.length);
  const levels = new Uint8Array(2 ** 16);
  for (let value = min; value <= max; value++) {
    const above = inverted ? max - value : value - min;
    levels[value ^ sign] = value >= from && value <= to ? 0 : (above / range) * 255;
  }
  return entriesOfWords(words, levels);
}

/** `endsOfWords` of those that are not between `from` and `to`. */
function endsWithout(words: Uint16Array, sign: number, from: number, to: number) {
  let [min, max] = [2 ** 16 - 1, 0];
  for (let i = 0; i < words.length; i++) {
    const value = words[i]! ^ sign;
    if (value >= from && value <= to) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** The values that are no picture, both ends included; null where there are none. */
function paddingRange({ padding, samples, numbers }: ImageHeader): readonly [number, number] | null {
  // Of floating point it has an element of its own, and NaN is what is used.
  if (padding === null || samples === 3 || numbers === 'floating point') return null;
  const meant = (word: number) => (numbers === 'signed' ? (word << 16) >> 16 : word);
  const [one, other] = [meant(padding.value), meant(padding.limit)];
  return [Math.min(one, other), Math.max(one, other)];
}
