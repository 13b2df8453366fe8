import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { resizeBilinear } from './resize.ts';
import { runPillow, scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

test('halving a row weighs four neighbours 1:3:3:1', () => {
  // Output 1 of 4 is centred at 3 with reach 2: inputs 1 to 4 at distances 1.5, 0.5, 0.5, 1.5 of 2, weights
  // (1, 3, 3, 1) / 8: (10 + 3 * 20 + 3 * 40 + 80) / 8 = 33.75, which rounds to 34.
  const row = Uint8Array.from([0, 10, 20, 40, 80, 0, 0, 0]);
  expect(resizeBilinear({ width: 8, height: 1, pixels: row }, 4, 1).pixels[1]).toBe(34);
});

test('doubling a column interpolates at quarters and repeats the border', () => {
  // Outputs lie at -0.25, 0.25, 0.75 and 1.25 between 0 and 100.
  const column = Uint8Array.from([0, 100]);
  expect([...resizeBilinear({ width: 1, height: 2, pixels: column }, 1, 4).pixels]).toEqual([0, 25, 75, 100]);
});

test('white stays white and the same size stays the same', () => {
  const white = { width: 91, height: 77, pixels: new Uint8Array(91 * 77).fill(255) };
  expect(resizeBilinear(white, 64, 64).pixels.every((value) => value === 255)).toBe(true);
  const noise = { width: 3, height: 2, pixels: Uint8Array.from([1, 2, 3, 4, 5, 6]) };
  expect(resizeBilinear(noise, 3, 2)).toEqual(noise);
});

test.for([
  [512, 512, 64, 64],
  [225, 225, 64, 64],
  [630, 411, 64, 64],
  [64, 200, 64, 64],
  [200, 64, 64, 64],
  [31, 47, 64, 64],
  [1, 1, 64, 64],
  [1000, 3, 64, 64],
  [100, 37, 13, 101],
])('equals Pillow from %ix%i to %ix%i', ([width, height, toWidth, toHeight]) => {
  // A multiplicative hash: every grey level, no smoothness that would hide a shift.
  const pixels = Uint8Array.from({ length: width! * height! }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  const input = join(dir, 'input');
  const output = join(dir, 'output');
  writeFileSync(input, pixels);
  runPillow(
    `
import sys
from PIL import Image
width, height, to_width, to_height = map(int, sys.argv[1:5])
image = Image.frombytes('L', (width, height), open(sys.argv[5], 'rb').read())
open(sys.argv[6], 'wb').write(image.resize((to_width, to_height), Image.BILINEAR).tobytes())`,
    ...[width, height, toWidth, toHeight].map(String),
    input,
    output,
  );
  const resized = resizeBilinear({ width: width!, height: height!, pixels }, toWidth!, toHeight!);
  expect(Buffer.from(resized.pixels).equals(readFileSync(output))).toBe(true);
});

test('sizes below one pixel are refused', () => {
  const image = { width: 1, height: 1, pixels: new Uint8Array(1) };
  expect(() => resizeBilinear(image, 0, 64)).toThrow(
    'expected a size of whole pixels, at least 1x1, got 0x64',
  );
});
