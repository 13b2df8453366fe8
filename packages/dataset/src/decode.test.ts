import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeGrey } from './decode.ts';
import { resizeBilinear } from './resize.ts';
import { runPillow, sampleImages, scratchFolder } from './testing-pillow.ts';
import { UnreadableImage } from './unreadable-image.ts';

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

describe('decoding against Pillow', () => {
  beforeAll(() => {
    runPillow(writeEveryMode, dir);
  });

  test.for([
    'grey.png',
    'grey-alpha.png',
    'grey-16bit.png',
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
  ])('gives equal pixels for %s', async (name) => {
    const image = await decodeGrey(readFileSync(join(dir, name)));
    expect([image.width, image.height]).toEqual([53, 37]);
    expect(largestDifference(image.pixels, readFileSync(join(dir, `${name}.grey`)))).toBe(0);
  });

  test.for([
    'grey.jpg',
    'rgb.jpg',
    'rgb-444.jpg',
    'progressive.jpg',
    'cmyk.jpg',
    'rotated-by-exif.jpg',
    'icc-profile.jpg',
  ])('is within 1 grey level for %s', async (name) => {
    const image = await decodeGrey(readFileSync(join(dir, name)));
    expect([image.width, image.height]).toEqual([53, 37]);
    expect(largestDifference(image.pixels, readFileSync(join(dir, `${name}.grey`)))).toBeLessThanOrEqual(1);
  });

  test('is within 1 grey level on 50 real images, before and after resizing to 64x64', async () => {
    const paths = await sampleImages(50, join(dir, 'phantom'));
    runPillow(resizeAsPillow, dir, ...paths);
    for (const [i, path] of paths.entries()) {
      const image = await decodeGrey(readFileSync(path));
      expect(largestDifference(image.pixels, readFileSync(join(dir, `${i}.grey`)))).toBeLessThanOrEqual(1);
      const small = resizeBilinear(image, 64, 64);
      expect(largestDifference(small.pixels, readFileSync(join(dir, `${i}.small`)))).toBeLessThanOrEqual(1);
    }
  });
});

describe('what is no whole image', () => {
  const refused = async (file: Buffer) => {
    const error = await decodeGrey(file).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UnreadableImage);
    return (error as UnreadableImage).message;
  };

  test('an empty file is refused', async () => {
    expect(await refused(Buffer.alloc(0))).toBe('expected a PNG, JPEG or DICOM image, got an empty file');
  });

  test('other files are refused by their first bytes, also images that libvips could open', async () => {
    expect(await refused(Buffer.from('hello, world'))).toBe(
      'expected a PNG, JPEG or DICOM image, got a file that starts with the bytes 68 65 6c 6c 6f 2c 20 77',
    );
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>';
    expect(await refused(Buffer.from(svg))).toContain('starts with the bytes 3c 73 76 67');
  });

  test.for(['rgb.png', 'interlaced.png', 'grey-16bit.png', 'rgb.jpg', 'progressive.jpg', 'grey.jpg'])(
    '%s is refused wherever it is cut off',
    async (name) => {
      const file = readFileSync(join(dir, name));
      for (const share of [0.02, 0.3, 0.6, 0.9, 0.98]) {
        const message = await refused(file.subarray(0, Math.max(9, Math.floor(file.length * share))));
        expect(message).toMatch(/^expected a whole PNG or JPEG image, decoding failed: ./);
      }
    },
  );

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
