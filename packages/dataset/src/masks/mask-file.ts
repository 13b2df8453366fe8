import { crc32 } from 'node:zlib';
import type { RasterKind } from '../image-kinds.ts';
import { type Palette, paletteOf } from '../raster/palette.ts';
import { isLittleEndian, tiffTag } from '../raster/tiff-tags.ts';
import { UnreadableImage } from '../unreadable-image.ts';

/**
 * A mask's file such that what it shows above black is what it stores above 0: decoders show values, by a palette or inverted, and
 * do not tell them. It is the file itself where both are the same.
 * @throws UnreadableImage where programs differ in whether a value or what it is shown as is meant
 */
export function showingStored(file: Buffer, kind: RasterKind): Buffer {
  if (kind === 'TIFF' && tiffTag(file, photometricTag)?.value === whiteIsZero) return blackIsZero(file);
  const palette = paletteOf(file, kind);
  if (palette === null) return file;
  requireKnownMeaning(palette);
  return withPalette(file, kind, palette);
}

const bitsTag = 258;
const photometricTag = 262;
const whiteIsZero = 0;

/** The same values of a WhiteIsZero TIFF, as ImageJ writes one for an inverted lookup table. */
function blackIsZero(file: Buffer): Buffer {
  // What fax coding calls 0 is white paper: programs that draw a mask in black and white write it so, and mean what they show.
  if ((tiffTag(file, bitsTag)?.value ?? 1) === 1) {
    throw new UnreadableImage(
      'expected a mask that shows 0, which is outside, as black, got a TIFF of one bit that shows it as white (PhotometricInterpretation 0)',
    );
  }
  const { at, size } = tiffTag(file, photometricTag)!;
  const copy = Buffer.from(file);
  if (isLittleEndian(file)) copy.writeUIntLE(1, at, size);
  else copy.writeUIntBE(1, at, size);
  return copy;
}

/**
 * Entry 0 is outside. Where it is shown as black that is so for everybody, and the palette that falls evenly from white to black is
 * ImageJ's inverted lookup table, whose values are meant. In any other order colours are put by programs that make a palette of
 * a picture in black and white: there they mean what is shown.
 */
function requireKnownMeaning({ colours }: Palette): void {
  const [red, green, blue] = colours[0]!;
  if (red === 0 && green === 0 && blue === 0) return;
  if (colours.length === 256 && colours.every((colour, i) => colour.every((value) => value === 255 - i)))
    return;
  throw new UnreadableImage(
    `expected a mask that shows 0, which is outside, as black, got a palette whose entry 0 is ${red}, ${green}, ${blue} (red, green, blue)`,
  );
}

/** The file with a palette of black for 0 and white for all else. */
function withPalette(file: Buffer, kind: RasterKind, { places, size }: Palette): Buffer {
  const copy = Buffer.from(file);
  for (const [entry, colour] of places.entries())
    for (const at of colour) copy.fill(entry === 0 ? 0 : 255, at, at + size);
  if (kind === 'PNG') {
    // The check value covers the chunk's kind, in front of its content.
    const [from, to] = [places[0]![0], places.at(-1)![2] + 1];
    if (to + 4 <= copy.length) copy.writeUInt32BE(crc32(copy.subarray(from - 4, to)), to);
  }
  return copy;
}
