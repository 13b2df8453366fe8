import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../decode-image.ts';
import { openImage } from '../open-image.ts';
import { resizeBilinear } from '../resize.ts';
import { runPillow, sampleImages, scratchFolder } from '../testing-pillow.ts';
import { UnreadableImage } from '../unreadable-image.ts';

const decoded = async (file: Buffer) => (await decodeImage(file)).image;

const { dir, remove } = scratchFolder();
afterAll(remove);

const writeEveryMode = readFileSync(join(import.meta.dirname, 'every-mode.testing.py'), 'utf8');

const resizeAsPillow = `
import sys
from PIL import Image
out = sys.argv[1]
for i, path in enumerate(sys.argv[2:]):
    grey = Image.open(path).convert('L')
    small = grey.resize((64, 64), Image.BILINEAR)
    open(f'{out}/{i}.grey', 'wb').write(grey.tobytes())
    open(f'{out}/{i}.small', 'wb').write(small.tobytes())
`;

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

/** Files that Pillow decodes in the same way; of the others rounding differs. */
const exact = [
  'grey.png',
  'grey-alpha.png',
  'grey-16bit.png',
  'grey-12bits.png',
  'grey-10bits.png',
  'grey-8bits.png',
  'rgb.png',
  'rgba.png',
  'rgb-16bit.png',
  'palette.png',
  'palette-transparent.png',
  'palette-2bit.png',
  '1bit.png',
  'interlaced.png',
  'gamma.png',
  'icc-profile.png',
  'orientation-6.png',
  'grey.tif',
  'rgb.tif',
  'palette.tif',
  'cmyk.tif',
  '1bit.tif',
  'grey-16bit.tif',
  'orientation-3.tif',
  'lossless.webp',
  'grey.gif',
  'palette.gif',
  'palette-transparent.gif',
  'grey-transparent.gif',
  'rgb.bmp',
  'grey.bmp',
  'palette.bmp',
  '1bit.bmp',
  'rgba.bmp',
];
const near = [
  'grey.jpg',
  'rgb.jpg',
  'rgb-444.jpg',
  'progressive.jpg',
  'cmyk.jpg',
  'rotated-by-exif.jpg',
  'icc-profile.jpg',
  'rgb.webp',
  ...[2, 3, 4, 5, 6, 7, 8].map((orientation) => `orientation-${orientation}.jpg`),
];

describe('decoding against Pillow', () => {
  beforeAll(() => {
    runPillow(writeEveryMode, dir);
  });

  const differences = async (name: string, channels: 1 | 3) => {
    const opened = await openImage(readFileSync(join(dir, name)), { channels, range: null, slices: null });
    const { picture } = await opened.decode(null);
    expect(`${picture.width} ${picture.height}`).toBe(readFileSync(join(dir, `${name}.size`), 'utf8'));
    const reference = readFileSync(join(dir, `${name}.${channels === 1 ? 'grey' : 'rgb'}`));
    return largestDifference(picture.pixels, reference);
  };

  test.for(exact)('gives equal pixels for %s', async (name) => {
    expect(await differences(name, 1)).toBe(0);
    // Pillow clips 16-bit grey where it makes colours of it.
    if (existsSync(join(dir, `${name}.rgb`))) expect(await differences(name, 3)).toBe(0);
  });

  test.for(near)('is within 1 grey level for %s', async (name) => {
    expect(await differences(name, 1)).toBeLessThanOrEqual(1);
    // Each colour is rounded by itself.
    expect(await differences(name, 3)).toBeLessThanOrEqual(2);
  });

  test('is within 1 grey level on 50 real images, before and after resizing to 64x64', async () => {
    const paths = await sampleImages(50, join(dir, 'phantom'));
    runPillow(resizeAsPillow, dir, ...paths);
    for (const [i, path] of paths.entries()) {
      const image = await decoded(readFileSync(path));
      expect(largestDifference(image.pixels, readFileSync(join(dir, `${i}.grey`)))).toBeLessThanOrEqual(1);
      const small = resizeBilinear(image, 64, 64);
      expect(largestDifference(small.pixels, readFileSync(join(dir, `${i}.small`)))).toBeLessThanOrEqual(1);
    }
  });
});

describe('what is no whole image', () => {
  const refused = async (file: Buffer) => {
    const error = await decoded(file).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UnreadableImage);
    return (error as UnreadableImage).message;
  };

  test('an empty file is refused', async () => {
    expect(await refused(Buffer.alloc(0))).toBe(
      'expected a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image, got an empty file',
    );
  });

  test('other files are refused by their first bytes, also images that libvips could open', async () => {
    expect(await refused(Buffer.from('hello, world'))).toBe(
      'expected a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image, got a file that starts with the bytes 68 65 6c 6c 6f 2c 20 77',
    );
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>';
    expect(await refused(Buffer.from(svg))).toContain('starts with the bytes 3c 73 76 67');
  });

  test.for([
    'rgb.png',
    'interlaced.png',
    'grey-16bit.png',
    'rgb.jpg',
    'progressive.jpg',
    'grey.jpg',
    'grey.tif',
    'rgb.tif',
    'lossless.webp',
    'rgb.webp',
    'palette.gif',
    'rgb.bmp',
    'palette.bmp',
  ])('%s is refused wherever it is cut off', async (name) => {
    const file = readFileSync(join(dir, name));
    for (const share of [0.1, 0.3, 0.6, 0.9, 0.98]) {
      const message = await refused(file.subarray(0, Math.max(64, Math.floor(file.length * share))));
      expect(message).toMatch(/^expected a whole (PNG|JPEG|TIFF|WebP|GIF|BMP) image, decoding failed/);
    }
  });

  test.for([
    ['animated.gif', 'expected one image, got an animated GIF of 3 frames'],
    ['animated.webp', 'expected one image, got an animated WebP of 3 frames'],
    ['animated.png', 'expected one image, got an animated PNG of 3 frames'],
    ['pages.tif', 'expected one image, got a TIFF of 3 pages'],
    ['float.tif', 'expected 8 or 16 bits a sample, got a TIFF of floating point'],
    ['long.tif', 'expected 8 or 16 bits a sample, got a TIFF of 32 bits'],
    ['huge.png', 'expected at most 67108864 pixels, got 20000x20000'],
    ['rle.bmp', 'expected a BMP of plain pixels, got a compressed one'],
  ] as const)('%s is refused by what it is', async ([name, message]) => {
    expect(await refused(readFileSync(join(dir, 'refused', name)))).toBe(message);
  });

  test('a PNG with a damaged byte among its pixels is refused', async () => {
    const file = Buffer.from(readFileSync(join(dir, 'rgb.png')));
    const middle = Math.floor(file.length / 2);
    file[middle] = file[middle]! ^ 0xff;
    await refused(file);
  });

  test('a JPEG with an unexpected marker among its pixels is refused', async () => {
    const file = Buffer.from(readFileSync(join(dir, 'rgb.jpg')));
    file.set([0xff, 0xd9], Math.floor(file.length * 0.8));
    writeFileSync(join(dir, 'damaged.jpg'), file);
    await refused(file);
  });
});
