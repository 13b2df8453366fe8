import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { dicomFile } from './dicom/dicom-file.testing.ts';
import { packed, packFaults } from './pack.testing.ts';
import type { PackedDataset } from './pack.ts';
import { greyPixels } from './packed-pixels.ts';
import { writePhantom } from './phantom.ts';
import { runPillow, scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

/** A dataset folder of these files. */
function folderOf(name: string, lists: unknown, files: Record<string, Buffer | string>): string {
  const folder = join(dir, name);
  mkdirSync(join(folder, 'images'), { recursive: true });
  writeFileSync(join(folder, 'data.json'), JSON.stringify(lists));
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(folder, file.endsWith('.csv') ? file : `images/${file}`), content);
  }
  return folder;
}

/** Of one size, so that packing leaves the pixels alone. */
const side = 64;
const image = ({ pixels, index }: PackedDataset, position: number) => {
  const area = side * side * (index.channels ?? 1);
  return [...pixels.subarray(position * area, (position + 1) * area)];
};

describe('a file of several frames', () => {
  /** Frame f is a ramp that begins f columns later. */
  const frames = (patient: string, count: number) =>
    dicomFile({
      patient,
      name: '',
      columns: 20,
      frames: count,
      values: Array.from({ length: 300 * count }, (_, i) => (((i % 20) + Math.floor(i / 300)) % 20) * 100),
    });

  test('stands for all of them, in its list, of one patient, with its pathologies', async () => {
    const lists = { train: { '0': ['one.dcm'] }, test: { '0': ['b.dcm'], '1': ['three.dcm'] } };
    const folder = folderOf('frames', lists, {
      'one.dcm': frames('A', 1),
      'b.dcm': frames('B', 2),
      'three.dcm': frames('C', 3),
      'labels.csv': 'image,pathology\nthree.dcm,tumour\n',
    });
    const result = await packed(folder);
    expect(result.index).toMatchObject({
      images: ['one.dcm', 'b.dcm#1', 'b.dcm#2', 'three.dcm#1', 'three.dcm#2', 'three.dcm#3'],
      train: [0],
      test: { labels: 'known', normal: [1, 2], abnormal: [3, 4, 5] },
      pathologies: [{ name: 'tumour', images: [3, 4, 5] }],
      patients: [1, 2, 2, 3, 3, 3],
      // First frames are equal, and second ones.
      copies: [
        [0, 1, 3],
        [2, 4],
      ],
    });
    expect(image(result, 1)).toEqual(image(result, 0));
    expect(image(result, 5)).not.toEqual(image(result, 4));
  });

  test('gives single ones by number', async () => {
    const lists = { train: { '0': ['three.dcm#2', 'three.dcm#1'] } };
    const { index, pixels } = await packed(folderOf('single', lists, { 'three.dcm': frames('', 3) }));
    expect(index.images).toEqual(['three.dcm#2', 'three.dcm#1']);
    const whole = await packed(
      folderOf('whole', { train: { '0': ['three.dcm'] } }, { 'three.dcm': frames('', 3) }),
    );
    expect(pixels.subarray(0, 4096)).toEqual(whole.pixels.subarray(4096, 2 * 4096));
    // Without a PatientID the file is whose its frames are.
    expect(index.patients).toEqual([1, 1]);
  });

  test('may be called as a part is', async () => {
    const files = { 'scan#2': frames('', 1), scan: frames('', 3) };
    const { index } = await packed(folderOf('literal', { train: { '0': ['scan#2', 'scan#3'] } }, files));
    expect(index.images).toEqual(['scan#2', 'scan#3']);
    expect(index.copies).toEqual([]);
  });

  test('is at fault where a frame is not there, or is listed twice', async () => {
    const lists = { train: { '0': ['three.dcm', 'three.dcm#2', 'three.dcm#4'] } };
    expect(await packFaults(folderOf('twice', lists, { 'three.dcm': frames('', 3) }))).toEqual([
      { path: 'train.0.2', message: 'images/three.dcm#4: DICOM: expected a frame of 1 to 3, got 4' },
      {
        path: 'train.0.1',
        message: 'expected every image once, got "three.dcm#2" again, listed at train.0.0 already',
      },
    ]);
  });

  test('whose frames are in two parts is one patient in two parts', async () => {
    const lists = { train: { '0': ['three.dcm#1'] }, test: ['three.dcm#2'] };
    const found = await packFaults(folderOf('parts', lists, { 'three.dcm': frames('', 3) }));
    expect(found.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^expected every patient in one part, .* train \("three.dcm#1"\) and test \("three.dcm#2"\)$/,
      ),
    ]);
  });
});

describe('images of 16 bits', () => {
  /** Values `first`, `first + step`, ... over the pixels, none above `last`. */
  const png = (first: number, last: number, step: number) => {
    const values = Uint16Array.from({ length: side * side }, (_, i) => Math.min(last, first + i * step));
    return sharp(values, { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
  };

  test('have one range, of the bits that all of them need, which the index tells', async () => {
    const folder = folderOf(
      'deep',
      { train: { '0': ['dark.png', 'bright.png'] } },
      {
        'dark.png': await png(0, 200, 1),
        'bright.png': await png(0, 4000, 1),
      },
    );
    const result = await packed(folder);
    expect(result.index.range).toEqual([0, 4095]);
    // The dark one's own 8 bits would spread it over all levels.
    expect(Math.max(...image(result, 0))).toBe(200 >> 4);
    expect(Math.max(...image(result, 1))).toBe(4000 >> 4);
    const fixed = await packed(folder, { range: [0, 255] });
    expect(fixed.index.range).toEqual([0, 255]);
    expect(Math.max(...image(fixed, 0))).toBe(200);
    expect(new Set(image(fixed, 1)).size).toBe(256);
  });

  test('that keep next to no grey levels beside others are named, each by its values', async () => {
    const folder = folderOf(
      'depths',
      { train: { '0': ['8.png', '16.png', '12.png'] } },
      { '8.png': await png(0, 255, 1), '12.png': await png(3, 4000, 7), '16.png': await png(0, 65_535, 17) },
    );
    expect((await packed(folder)).coarse).toEqual([
      { name: '8.png', values: [0, 255], range: [0, 65_535] },
      { name: '12.png', values: [3, 4000], range: [0, 65_535] },
    ]);
    expect((await packed(folder, { range: [0, 4095] })).coarse).toEqual([
      { name: '8.png', values: [0, 255], range: [0, 4095] },
    ]);
  });

  test('that use all bits are as they always were: the index says nothing', async () => {
    const result = await packed(
      folderOf('full', { train: { '0': ['full.png'] } }, { 'full.png': await png(0, 65_535, 17) }),
    );
    expect(result.index).not.toHaveProperty('range');
    expect(image(result, 0).slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => (i * 17) >> 8));
  });

  test('must be there where a range is given', async () => {
    const shallow = await sharp(Buffer.alloc(64), { raw: { width: 8, height: 8, channels: 1 } })
      .png()
      .toBuffer();
    const folder = folderOf('shallow', { train: { '0': ['a.png'] } }, { 'a.png': shallow });
    expect(await packFaults(folder, { range: [0, 4095] })).toEqual([
      { path: '--range', message: 'expected a PNG or TIFF of 16 bits among the images, got none' },
    ]);
  });
});

test('volumes are cut into slices, of one patient each, and the index tells how', async () => {
  const writeVolumes = `
import sys
import nibabel
import numpy as np
for name, first in (('a.nii.gz', 0), ('b.nii', 50)):
    values = np.zeros((8, 8, 10), np.int16)
    values[:, :, 2:8] = first + np.arange(6 * 64).reshape(8, 8, 6)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), sys.argv[1] + '/' + name)
`;
  const lists = { train: { '0': ['a.nii.gz'] }, test: ['b.nii#3', 'b.nii#1'] };
  const folder = folderOf('volumes', lists, {});
  runPillow(writeVolumes, join(folder, 'images'));
  const slices = { axis: 'axial', every: 2, minForeground: 0.1 } as const;
  const { index } = await packed(folder, { slices });
  // Slices 0 and 8 are empty; of the other volume slices are taken by number, whatever they show.
  expect(index.images).toEqual(['a.nii.gz#2', 'a.nii.gz#4', 'a.nii.gz#6', 'b.nii#3', 'b.nii#1']);
  expect(index.patients).toEqual([1, 1, 1, 2, 2]);
  // Percentiles of 1 to 383, and of 50 to 433, by hand: 0.5 % and 99.9 % of the steps between.
  expect(index.volumes).toEqual({
    ...slices,
    percentiles: [0.5, 99.9],
    windows: {
      'a.nii.gz': [expect.closeTo(1 + 382 * 0.005, 6), expect.closeTo(1 + 382 * 0.999, 6)],
      'b.nii': [expect.closeTo(50 + 383 * 0.005, 6), expect.closeTo(50 + 383 * 0.999, 6)],
    },
  });
  expect((await packFaults(folder)).map(({ message }) => message)).toEqual([
    expect.stringMatching(/^images\/a\.nii\.gz: expected --slices axial, coronal or sagittal/),
    expect.stringMatching(/^images\/b\.nii#3: expected --slices/),
    expect.stringMatching(/^images\/b\.nii#1: expected --slices/),
  ]);
  const empty = await packFaults(folder, { slices: { ...slices, minForeground: 1 } });
  expect(empty.map(({ message }) => message)).toEqual([
    'images/a.nii.gz: expected slices with a foreground (--min-foreground), got none',
  ]);
});

test('three channels are packed by pixel; grey ones of the same images stay what they are', async () => {
  const pixels = Buffer.from(
    Array.from({ length: side * side }, (_, i) => [i & 255, (i >> 4) & 255, 99]).flat(),
  );
  const colour = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  const grey = await sharp(Buffer.alloc(side * side, 40), { raw: { width: side, height: side, channels: 1 } })
    .png()
    .toBuffer();
  const folder = folderOf(
    'colour',
    { train: { '0': ['colour.png', 'grey.png'] } },
    { 'colour.png': colour, 'grey.png': grey },
  );
  const three = await packed(folder, { channels: 3 });
  expect(three.index.channels).toBe(3);
  expect(image(three, 0)).toEqual([...pixels]);
  expect(new Set(image(three, 1))).toEqual(new Set([40]));
  const one = await packed(folder);
  expect(one.index).not.toHaveProperty('channels');
  expect(greyPixels(three.index, three.pixels)).toEqual(one.pixels);
});

test('on several threads a dataset is packed as on one', async () => {
  const folder = join(dir, 'many');
  const none = { unlabeledNormal: 0, unlabeledAbnormal: 0, testNormal: 0, testAbnormal: 0 };
  await writePhantom(folder, { seed: 4, train: 40, ...none });
  const seen: string[] = [];
  const many = await packed(folder, { onProgress: (done, total) => seen.push(`${done}/${total}`) });
  expect(seen).toHaveLength(40);
  expect(seen.at(-1)).toBe('40/40');
  // Few files stay on this thread.
  for (const first of [0, 10, 20, 30]) {
    const names = many.index.images.slice(first, first + 10);
    writeFileSync(join(folder, 'data.json'), JSON.stringify({ train: { '0': names } }));
    const { pixels } = await packed(folder);
    expect(Buffer.from(pixels).equals(many.pixels.subarray(first * 4096, (first + 10) * 4096))).toBe(true);
  }
});
