import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imagesBelow } from './images-below.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-below-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('finds what may be an image at any depth, and counts what is none', async () => {
  await mkdir(join(directory, 'study', 'series'), { recursive: true });
  const files = ['b.png', 'a.JPG', 'study/series/1.2.840.3', 'study/scan.nii.gz', 'notes.txt', '._b.png'];
  for (const file of files) await writeFile(join(directory, file), '');
  expect(await imagesBelow(directory)).toEqual({
    images: ['a.JPG', 'b.png', 'study/scan.nii.gz', 'study/series/1.2.840.3'].map((file) =>
      join(directory, file),
    ),
    others: 2,
  });
});
