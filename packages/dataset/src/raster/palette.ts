import type { RasterKind } from '../image-kinds.ts';
import { isLittleEndian, tiffTag } from './tiff-tags.ts';

/** The colours that a file shows its stored values as. */
export interface Palette {
  /** By entry: red, green and blue, of 8 bits. */
  colours: readonly (readonly [number, number, number])[];
  /** By entry: where in the file each of them lies, `size` bytes each. */
  places: readonly (readonly [number, number, number])[];
  size: 1 | 2;
  /** Of a GIF: where the byte lies whose lowest bit says that one value is not shown at all. */
  hiding?: number;
}

/** Of entries of three bytes, or four, which lie one behind the other; those that are cut off are left out. */
function paletteAt(
  file: Buffer,
  { from, count, step, blueFirst }: { from: number; count: number; step: 3 | 4; blueFirst: boolean },
): Palette | null {
  const there = Math.min(count, Math.floor((file.length - from) / step));
  if (there < 1) return null;
  const places = Array.from({ length: there }, (_, entry): [number, number, number] => {
    const at = from + entry * step;
    return blueFirst ? [at + 2, at + 1, at] : [at, at + 1, at + 2];
  });
  return { places, colours: places.map(([r, g, b]) => [file[r]!, file[g]!, file[b]!]), size: 1 };
}

/** PNG's chunk PLTE of colour type 3; of others it is a suggestion (PNG, third edition, 11.2.2). */
function paletteOfPng(file: Buffer): Palette | null {
  if (file[25] !== 3) return null;
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) !== 'PLTE') continue;
    return paletteAt(file, {
      from: at + 8,
      count: Math.floor(file.readUInt32BE(at) / 3),
      step: 3,
      blueFirst: false,
    });
  }
  return null;
}

/** The local colour table of a GIF's first picture, else the global one (GIF89a, sections 18 to 23). */
function paletteOfGif(file: Buffer): Palette | null {
  /** @param flags the byte that says whether there is one, and how long it is */
  const table = (flags: number, from: number) =>
    flags < 128 ? null : paletteAt(file, { from, count: 2 ** ((flags & 7) + 1), step: 3, blueFirst: false });
  const global = table(file[10] ?? 0, 13);
  let hiding: Pick<Palette, 'hiding'> = {};
  for (let at = 13 + 3 * (global?.colours.length ?? 0); at + 10 <= file.length; ) {
    if (file[at] === 0x2c) {
      const palette = table(file[at + 9]!, at + 10) ?? global;
      return palette && { ...palette, ...hiding };
    }
    if (file[at] !== 0x21) break;
    // A graphic control extension is of the picture behind it.
    if (file[at + 1] === 0xf9) hiding = { hiding: at + 3 };
    // An extension: blocks behind their lengths, up to one of none.
    for (at += 2; (file[at] ?? 0) > 0; ) at += 1 + file[at]!;
    at += 1;
  }
  return global;
}

/** A GIF that hides no value, with the same palette: what is transparent is else decoded as black. */
export function hidingNone(file: Buffer): Buffer {
  const at = paletteOfGif(file)?.hiding;
  if (at === undefined || (file[at]! & 1) === 0) return file;
  const copy = Buffer.from(file);
  copy[at]! &= 0xfe;
  return copy;
}

/** A bitmap's colour table, which lies behind its header; see `readBmpHeader`. */
function paletteOfBmp(file: Buffer): Palette | null {
  const header = file.readUInt32LE(14);
  const old = header === 12;
  const bits = file.readUInt16LE(old ? 24 : 28);
  if (bits > 8) return null;
  const told = old || file.length < 50 ? 0 : file.readUInt32LE(46);
  const [from, step] = [14 + header, old ? 3 : 4] as const;
  // Pixels may begin where a full table would still go on.
  const room = Math.floor((file.readUInt32LE(10) - from) / step);
  const full = told || 2 ** bits;
  return paletteAt(file, { from, count: room > 0 ? Math.min(full, room) : full, step, blueFirst: true });
}

const photometricTag = 262;
const colourMapTag = 320;

/** A TIFF's colour map: all reds, then all greens, then all blues, of 16 bits (TIFF 6.0, section 5). */
function paletteOfTiff(file: Buffer): Palette | null {
  const map = tiffTag(file, colourMapTag);
  if (tiffTag(file, photometricTag)?.value !== 3 || map === null || map.size !== 2) return null;
  const count = Math.floor(map.count / 3);
  const read = (at: number) => (isLittleEndian(file) ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const places = Array.from({ length: count }, (_, entry): [number, number, number] => {
    const at = map.at + 2 * entry;
    return [at, at + 2 * count, at + 4 * count];
  });
  const values = places.map(([r, g, b]) => [read(r), read(g), read(b)] as const);
  // Some writers fill 8 bits of the 16, which libtiff's own programs read so.
  const shift = values.some((colour) => colour.some((value) => value > 255)) ? 8 : 0;
  return { places, colours: values.map(([r, g, b]) => [r >> shift, g >> shift, b >> shift]), size: 2 };
}

/** The palette of a raster file; null where it has none, or none that could be found. */
export function paletteOf(file: Buffer, kind: RasterKind): Palette | null {
  switch (kind) {
    case 'PNG':
      return paletteOfPng(file);
    case 'GIF':
      return paletteOfGif(file);
    case 'BMP':
      return paletteOfBmp(file);
    case 'TIFF':
      return paletteOfTiff(file);
    default:
      return null;
  }
}
