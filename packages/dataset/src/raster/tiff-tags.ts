/** A tag of a TIFF's first picture. */
export interface TiffTag {
  /** Its first value; of types that are no whole numbers, nothing of use. */
  value: number;
  /** How many values it has, and of how many bytes each. */
  count: number;
  size: 1 | 2 | 4 | 8;
  /** Where its values lie in the file, one behind the other. */
  at: number;
}

/** Bytes of a value by TIFF's number of its type; others are not asked for. */
const sizes: Readonly<Record<number, TiffTag['size']>> = { 1: 1, 3: 2, 4: 4, 16: 8 };

export const isLittleEndian = (file: Buffer) => file.toString('latin1', 0, 2) === 'II';

/** A tag of the first picture of a TIFF or BigTIFF (TIFF 6.0, section 2); null where it has none, or is cut off before its values. */
export function tiffTag(file: Buffer, tag: number): TiffTag | null {
  const little = isLittleEndian(file);
  const fits = (at: number, bytes: number) => at + bytes <= file.length;
  const number = (at: number, size: number) => {
    if (size === 8) return Number(little ? file.readBigUInt64LE(at) : file.readBigUInt64BE(at));
    return little ? file.readUIntLE(at, size) : file.readUIntBE(at, size);
  };
  if (!fits(0, 16)) return null;
  const big = number(2, 2) === 43;
  // Of addresses and counts, and with them of the values that lie in the entry itself.
  const word = big ? 8 : 4;
  const directory = number(word, word);
  const head = big ? 8 : 2;
  if (!fits(directory, head)) return null;
  const entries = number(directory, head);
  for (let entry = 0; entry < entries; entry++) {
    const from = directory + head + entry * (4 + 2 * word);
    if (!fits(from, 4 + 2 * word)) return null;
    if (number(from, 2) !== tag) continue;
    const size = sizes[number(from + 2, 2)];
    if (size === undefined) return null;
    const count = number(from + 4, word);
    const inside = from + 4 + word;
    const at = count * size <= word ? inside : number(inside, word);
    return count >= 1 && fits(at, count * size) ? { value: number(at, size), count, size, at } : null;
  }
  return null;
}
