import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kindOf, type RasterKind } from '../image-kinds.ts';
import { openImage } from '../open-image.ts';
import { runPillow, scratchFolder } from '../testing-pillow.ts';
import { showingStored } from './mask-file.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

/** Masks of 24x16 whose stored values are above 0 in a square of 4 by 4 alone, whatever they are shown as. */
const script = `
import struct, sys
import numpy as np
from PIL import Image
out = sys.argv[1] + '/'
square = np.zeros((16, 24), np.uint8)
square[3:7, 5:9] = 1
inverted = [255 - i for i in range(256) for _ in range(3)]
def palette(values, colours):
    image = Image.fromarray(values, 'P')
    image.putpalette(colours)
    return image
# ImageJ's inverted lookup table, and the same black twice.
for kind in ('png', 'gif', 'bmp', 'tif'):
    palette(square * 255, inverted).save(f'{out}inverted.{kind}', optimize=False)
    palette(square, [0] * 768).save(f'{out}twice.{kind}', optimize=False)
    palette(square, [255, 255, 255, 0, 0, 0]).save(f'{out}white.{kind}', optimize=False)
# PASCAL VOC's.
voc = [sum(((i >> 3 * bit + channel) & 1) << 7 - bit for bit in range(3)) for i in range(256) for channel in range(3)]
palette(square * 15, voc).save(out + 'voc.png')
palette(square, [0, 0, 0, 9, 0, 0]).save(out + 'bits.png', bits=1)
# The lesion's value is not shown at all.
palette(square, [0, 0, 0, 255, 0, 0]).save(out + 'hidden.gif', transparency=1)
palette(square, [0, 0, 0, 255, 0, 0]).save(out + 'hidden.png', transparency=1)
# What shows a mask's square as white, put into an order of its own.
Image.fromarray(np.repeat(square[..., None] * 255, 3, 2)).quantize(2).save(out + 'adaptive.png')
ink = np.zeros((16, 24, 4), np.uint8)
ink[..., 2] = square
Image.fromarray(ink, 'CMYK').save(out + 'ink.tif')
alpha = np.zeros((16, 24, 4), np.uint8)
alpha[..., 3], alpha[..., 1] = 255, square
Image.fromarray(alpha, 'RGBA').save(out + 'alpha.png')

def tiff(name, photometric, bits, values, order='<', colours=None):
    tags = [(256, 3, 24), (257, 3, 16), (258, 3, bits), (259, 3, 1), (262, 3, photometric), (273, 4, 8),
            (277, 3, 1), (278, 3, 16), (279, 4, len(values))]
    after = 8 + len(values)
    entries = [struct.pack(order + 'HHI', tag, kind, 1) +
               (struct.pack(order + 'HH', value, 0) if kind == 3 else struct.pack(order + 'I', value))
               for tag, kind, value in tags]
    table = b''
    if colours is not None:
        table = struct.pack(f'{order}{len(colours)}H', *colours)
        entries.append(struct.pack(order + 'HHII', 320, 3, len(colours), after))
    mark = b'II*\\0' if order == '<' else b'MM\\0*'
    open(out + name, 'wb').write(mark + struct.pack(order + 'I', after + len(table)) + values + table +
        struct.pack(order + 'H', len(entries)) + b''.join(entries) + bytes(4))
tiff('white-zero.tif', 0, 8, (square * 255).tobytes())
tiff('white-zero-1.tif', 0, 8, square.tobytes(), '>')
tiff('white-zero-16.tif', 0, 16, square.astype('<u2').tobytes())
tiff('white-zero-4.tif', 0, 4, (square[:, ::2] << 4 | square[:, 1::2]).tobytes())
tiff('white-zero-bit.tif', 0, 1, np.packbits(square, axis=1).tobytes())
tiff('black-zero-bit.tif', 1, 1, np.packbits(square, axis=1).tobytes())
falling = [255 - i for i in range(256)] * 3
tiff('falling.tif', 3, 8, (square * 255).tobytes(), '>', [value << 8 for value in falling])
tiff('falling-8.tif', 3, 8, (square * 255).tobytes(), '<', falling)
`;
beforeAll(() => {
  runPillow(script, dir);
});

const file = (name: string) => readFileSync(join(dir, name));
const maskOf = async (bytes: Buffer) => {
  const opened = await openImage(bytes, { channels: 1, range: null, slices: null });
  return opened.mask(null);
};
/** Columns 5 to 8 of rows 3 to 6. */
const square = Uint8Array.from({ length: 24 * 16 }, (_, i) =>
  i % 24 >= 5 && i % 24 < 9 && i >= 3 * 24 && i < 7 * 24 ? 1 : 0,
);

describe('a stored value above 0 is inside', () => {
  test.each([
    ["ImageJ's inverted palette", ['inverted.png', 'inverted.gif', 'inverted.bmp', 'inverted.tif']],
    ['a palette that shows all alike', ['twice.png', 'twice.gif', 'twice.bmp', 'twice.tif']],
    ["PASCAL VOC's palette, and one of one bit", ['voc.png', 'bits.png']],
    ['a value that is not shown', ['hidden.gif', 'hidden.png']],
    ['a WhiteIsZero TIFF', ['white-zero.tif', 'white-zero-1.tif', 'white-zero-16.tif', 'white-zero-4.tif']],
    ['a colour map in the other byte order, and one of 8 bits', ['falling.tif', 'falling-8.tif']],
    ['a BlackIsZero TIFF of one bit', ['black-zero-bit.tif']],
    ['inks, of which 0 is shown white', ['ink.tif']],
    ['alpha aside', ['alpha.png']],
  ])('%s', async (_what, names) => {
    for (const name of names) {
      const { width, height, pixels } = await maskOf(file(name));
      expect([name, width, height]).toEqual([name, 24, 16]);
      expect([name, pixels]).toEqual([name, square]);
    }
  });
});

describe('refused where programs differ in what is meant', () => {
  const wanted = 'expected a mask that shows 0, which is outside, as black, got';
  test.each([
    'white.png',
    'white.gif',
    'white.bmp',
    'white.tif',
    // The same palette, and the opposite meaning.
    'adaptive.png',
  ])('a palette with white in front: %s', async (name) => {
    const message = `${wanted} a palette whose entry 0 is 255, 255, 255 (red, green, blue)`;
    await expect(maskOf(file(name))).rejects.toThrow(message);
  });

  test('WhiteIsZero of one bit', async () => {
    const message = `${wanted} a TIFF of one bit that shows it as white (PhotometricInterpretation 0)`;
    await expect(maskOf(file('white-zero-bit.tif'))).rejects.toThrow(message);
  });
});

test('of a file that is cut off anywhere, finding the palette is no fault of its own', () => {
  for (const name of [
    'inverted.png',
    'inverted.gif',
    'inverted.bmp',
    'inverted.tif',
    'hidden.gif',
    'falling.tif',
  ]) {
    const whole = file(name);
    const kind = kindOf(whole) as RasterKind;
    // A bitmap's and a TIFF's first bytes have been read before.
    for (let length = 64; length < whole.length; length += 7) {
      const cut = whole.subarray(0, length);
      const fault = (() => {
        try {
          showingStored(cut, kind);
          return null;
        } catch (error) {
          return (error as Error).name;
        }
      })();
      expect([null, 'UnreadableImage']).toContain(fault);
    }
  }
});
