import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { dicomFile } from '../dicom/dicom-file.testing.ts';
import { scratchFolder } from '../testing-pillow.ts';
import { tellImages } from './tell-images.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

const dicom = dicomFile({ patient: '', name: '', columns: 8, values: Array.from({ length: 64 }, () => 7) });
const nifti = () => {
  const header = Buffer.alloc(2 ** 14);
  header.writeInt32LE(348);
  header.write('n+1\0', 344, 'latin1');
  return header;
};
const png = () =>
  sharp({ create: { width: 4, height: 4, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();

function write(files: Record<string, Buffer | string>): string[] {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return Object.keys(files);
}

test('where names do not tell, the first bytes do', async () => {
  const images = write({
    'a/slice 2.5mm 0': dicom,
    'a/no preamble.v2': dicom.subarray(132),
    'a/b.picture': await png(),
    'a/c.volume': nifti(),
    'a/d.nii.gz.1': gzipSync(nifti(), { level: 0 }),
  });
  const others = write({
    'notes.txt': 'slice 2.5mm 0 is dark',
    'empty.log': '',
    'x.tar.gz': gzipSync(Buffer.from('no volume')),
    'y.gz': '\x1f\x8b',
    'z.pdf': '%PDF-1.7',
  });
  expect(await tellImages(dir, [...images, ...others])).toEqual({ images, others });
});

test('where names tell, files are not looked at: one that is damaged is an image, and a fault when it is read', async () => {
  const images = write({ 'b/1.png': '', 'b/2.jfif': 'text', 'b/IM0003': 'text' });
  const others = write({ 'b/README': dicom, 'b/DICOMDIR': dicom, 'b/.4.png': await png() });
  expect(await tellImages(dir, [...images, ...others])).toEqual({ images, others });
});

test('a file that cannot be read counts as an image, so that it is not left out without a word', async () => {
  expect(await tellImages(dir, ['gone 1.5mm 0'])).toEqual({ images: ['gone 1.5mm 0'], others: [] });
});

test('more files than may be open at once keep their order', async () => {
  const files = write(
    Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`c/s ${i}.5mm x`, i % 3 === 0 ? dicom : 'text']),
    ),
  );
  const { images, others } = await tellImages(dir, files);
  expect(images).toEqual(files.filter((_, i) => i % 3 === 0));
  expect(others).toEqual(files.filter((_, i) => i % 3 !== 0));
});
