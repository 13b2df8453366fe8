import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readingFacts } from '@ddad/contract';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { readingAs } from './open-image.ts';
import { packDataset } from './pack.ts';
import { readPictures } from './read-pictures.ts';
import { resizePicture } from './resize.ts';
import { scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

/** A ramp from 0 to the largest value, as PNG of 16 bits. */
async function ramp(name: string, largest: number) {
  const values = Uint16Array.from({ length: 64 * 64 }, (_, at) => Math.round((at * largest) / 4095));
  const raw = { width: 64, height: 64, channels: 1, depth: 'ushort' } as const;
  const file = await sharp(values, { raw }).toColourspace('grey16').png().toBuffer();
  writeFileSync(join(dir, 'images', name), file);
}

test('a single image is read by the range of the dataset, not by its own', async () => {
  mkdirSync(join(dir, 'images'));
  await ramp('dark.png', 900);
  await ramp('bright.png', 4000);
  writeFileSync(join(dir, 'data.json'), JSON.stringify({ train: { '0': ['dark.png', 'bright.png'] } }));
  const packed = await packDataset(dir);
  if ('faults' in packed) throw new Error(JSON.stringify(packed.faults));
  expect(packed.index.range).toEqual([0, 4095]);
  const reading = readingAs(readingFacts(packed.index));
  for (const [position, name] of ['dark.png', 'bright.png'].entries()) {
    for await (const { picture } of readPictures(join(dir, 'images', name), reading)) {
      const { pixels } = resizePicture(picture, 64, 64);
      expect(Buffer.compare(pixels, packed.pixels.subarray(position * 4096, (position + 1) * 4096))).toBe(0);
      // 900 of 4095 is level 56, not white.
      expect(Math.max(...pixels)).toBe(name === 'dark.png' ? 56 : 250);
    }
  }
});
