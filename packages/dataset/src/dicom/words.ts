/**
 * What is done with every pixel of 16 bits, two at a time and each in a loop of its own: V8 compiles such a one once and best,
 * and most of the time that an uncompressed image takes goes by here.
 */

/** Words in pairs, without the last of an odd number; a copy where they do not begin at a multiple of 4 bytes. */
function pairsOf({ buffer, byteOffset, length }: Uint16Array): Uint32Array {
  const pairs = length >> 1;
  if (byteOffset % 4 === 0) return new Uint32Array(buffer, byteOffset, pairs);
  return new Uint32Array(buffer.slice(byteOffset, byteOffset + 4 * pairs));
}

/** All bits that are set in any word. */
export function bitsOfWords(words: Uint16Array): number {
  const pairs = pairsOf(words);
  let used = words.length % 2 === 0 ? 0 : words.at(-1)!;
  for (let i = 0; i < pairs.length; i++) used |= pairs[i]!;
  return (used | (used >>> 16)) & 0xffff;
}

/** Smallest and largest word. @param turned bits that are turned round before: with 2¹⁵ signed words have their order */
export function endsOfWords(words: Uint16Array, turned: number): { min: number; max: number } {
  const pairs = pairsOf(words);
  const turnedTwice = turned | (turned << 16);
  let [min, max] = [0xffff, 0];
  if (words.length % 2 === 1) min = max = words.at(-1)! ^ turned;
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i]! ^ turnedTwice;
    const low = pair & 0xffff;
    const high = pair >>> 16;
    if (low < min) min = low;
    if (low > max) max = low;
    if (high < min) min = high;
    if (high > max) max = high;
  }
  return { min, max };
}

/** What a table of 2¹⁶ has for every word. */
export function entriesOfWords(words: Uint16Array, table: Uint8Array): Uint8Array {
  const pairs = pairsOf(words);
  const bytes = new Uint8Array(words.length);
  const two = new Uint16Array(bytes.buffer, 0, pairs.length);
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i]!;
    two[i] = table[pair & 0xffff]! | (table[pair >>> 16]! << 8);
  }
  if (words.length % 2 === 1) bytes[words.length - 1] = table[words.at(-1)!]!;
  return bytes;
}
