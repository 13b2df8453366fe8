import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readingFacts } from '@ddad/contract';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { dicomFile } from './dicom/dicom-file.testing.ts';
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

test('asks for room for a file and for what decoding it takes, and gives all of it back; a volume waits for its turn', async () => {
  const place = (name: string) => join(dir, name);
  const values = Array.from({ length: 3 * 64 * 32 }, (_, i) => i % 4096);
  writeFileSync(place('a.dcm'), dicomFile({ patient: 'P', name: 'N', columns: 64, values, frames: 3 }));
  // A NIfTI-1 header of 2x2x2 bytes: its length, dimensions, type, where voxels begin, and its mark.
  const volume = Buffer.alloc(352 + 8);
  volume.writeInt32LE(348);
  for (const [i, side] of [3, 2, 2, 2].entries()) volume.writeInt16LE(side, 40 + 2 * i);
  for (const [i, size] of [1, 1, 1, 1].entries()) volume.writeFloatLE(size, 76 + 4 * i);
  volume.writeInt16LE(2, 70);
  volume.writeFloatLE(352, 108);
  volume.write('n+1\0', 344, 'latin1');
  volume.set([0, 1, 2, 3, 4, 5, 6, 7], 352);
  writeFileSync(place('v.nii'), volume);
  writeFileSync(place('v.nii.gz'), gzipSync(volume));
  writeFileSync(place('text.png'), 'no image');

  const slices = { axis: 'axial', every: 1, minForeground: 0 } as const;
  const asked: number[] = [];
  let held = 0;
  const room = async (bytes: number) => {
    asked.push(bytes);
    held += 1;
    return () => {
      held -= 1;
    };
  };
  const pictures = async (name: string) => {
    asked.length = 0;
    const reading = { channels: 1, range: null, slices } as const;
    let count = 0;
    for await (const _ of readPictures(place(name), reading, room)) count += 1;
    return count;
  };
  expect(await pictures('a.dcm')).toBe(3);
  expect(asked).toEqual([statSync(place('a.dcm')).size, 64 * 32 * 16]);
  // What a file unpacks to is there beside it.
  for (const [name, unpacked] of [
    ['v.nii', 0],
    ['v.nii.gz', volume.length],
  ] as const) {
    expect(await pictures(name)).toBe(2);
    expect(asked).toEqual([statSync(place(name)).size, Number.POSITIVE_INFINITY, unpacked]);
  }
  await expect(pictures('text.png')).rejects.toThrow(/^expected a PNG/);
  expect(asked).toEqual([8]);
  expect(held).toBe(0);
});
