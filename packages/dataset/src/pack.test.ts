import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCopies } from './copies.ts';
import { decodeImage } from './decode-image.ts';
import { dicomFile } from './dicom/dicom-file.testing.ts';
import { datasetDigest } from './digest.ts';
import { type PackedDataset, packDataset } from './pack.ts';
import { writePhantom } from './phantom.ts';
import { resizeBilinear } from './resize.ts';
import { scratchFolder } from './testing-pillow.ts';

const decoded = async (file: Buffer) => (await decodeImage(file)).image;

const { dir, remove } = scratchFolder();
afterAll(remove);
const phantom = join(dir, 'phantom');
beforeAll(async () => {
  await writePhantom(phantom, {
    seed: 3,
    train: 4,
    unlabeledNormal: 2,
    unlabeledAbnormal: 3,
    testNormal: 2,
    testAbnormal: 2,
  });
});

/** A copy of the phantom with another data.json. */
function datasetWith(name: string, data: unknown): string {
  const folder = join(dir, name);
  cpSync(phantom, folder, { recursive: true });
  writeFileSync(join(folder, 'data.json'), typeof data === 'string' ? data : JSON.stringify(data));
  return folder;
}

async function packed(folder: string, options = {}): Promise<PackedDataset> {
  const result = await packDataset(folder, options);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result;
}

async function faults(folder: string) {
  const result = await packDataset(folder);
  if (!('faults' in result)) throw new Error('expected faults, got a packed dataset');
  return result.faults;
}

describe('packing', () => {
  test('keeps the order of data.json and packs what decoding and resizing give', async () => {
    const { index, pixels } = await packed(phantom);
    expect(index).toMatchObject({
      format: 1,
      imageSize: 64,
      train: [0, 1, 2, 3],
      unlabeled: { labels: 'known', normal: [4, 5], abnormal: [6, 7, 8] },
      test: { labels: 'known', normal: [9, 10], abnormal: [11, 12] },
      validation: [],
      copies: [],
      synthetic: true,
    });
    expect(pixels.length).toBe(13 * 64 * 64);
    const image = await decoded(readFileSync(join(phantom, 'images', index.images[7]!)));
    const expected = resizeBilinear(image, 64, 64).pixels;
    expect(Buffer.from(pixels.subarray(7 * 4096, 8 * 4096)).equals(expected)).toBe(true);
  });

  test('gives equal digests for equal folders, other ones for other pixels or another order', async () => {
    const first = await packed(phantom);
    const again = await packed(datasetWith('again', readFileSync(join(phantom, 'data.json'), 'utf8')));
    expect(again).toEqual(first);
    const data = JSON.parse(readFileSync(join(phantom, 'data.json'), 'utf8')) as { train: { 0: string[] } };
    data.train[0].reverse();
    const reversed = await packed(datasetWith('reversed', data));
    expect(reversed.digest).not.toBe(first.digest);
    const pixels = Uint8Array.from(first.pixels);
    pixels[100]! ^= 1;
    expect(datasetDigest(first.index, pixels)).not.toBe(first.digest);
  });

  test('does not depend on the order of keys in the index', async () => {
    const { index, pixels, digest } = await packed(phantom);
    const shuffled = Object.fromEntries(Object.entries(index).reverse()) as unknown as typeof index;
    expect(datasetDigest(shuffled, pixels)).toBe(digest);
  });

  test('takes another image size and tells how far it is', async () => {
    const seen: string[] = [];
    const onProgress = (done: number, total: number) => seen.push(`${done}/${total}`);
    const { index, pixels } = await packed(phantom, { imageSizes: [32], onProgress });
    expect([index.imageSize, pixels.length]).toEqual([32, 13 * 32 * 32]);
    expect(seen).toHaveLength(13);
    expect([seen[0], seen[12]]).toEqual(['1/13', '13/13']);
  });

  test('gives the same images at several sizes, as each size alone would', async () => {
    const [both, large] = [
      await packed(phantom, { imageSizes: [64, 128] }),
      await packed(phantom, { imageSizes: [128] }),
    ];
    const { others, ...small } = both;
    expect({ ...small, others: [] }).toEqual(await packed(phantom));
    const { index, pixels, digest } = large;
    expect(others).toEqual([{ index, pixels, digest }]);
  });

  test('finds copies by their decoded pixels, in whatever file, and says which lists share them', async () => {
    const folder = datasetWith('copies', {
      train: { '0': ['train-normal-0000.png', 'copy.png'], unlabeled: ['unlabeled-normal-0000.png'] },
      test: { '0': ['rgb.png', 'test-normal-0000.png'], '1': ['test-abnormal-0000.png', 'twin.png'] },
      validation: { '0': ['wide.png'] },
    });
    const images = join(folder, 'images');
    const original = await decoded(readFileSync(join(images, 'train-normal-0000.png')));
    const grey = () =>
      sharp(original.pixels, { raw: { width: original.width, height: original.height, channels: 1 } });
    await grey().png({ compressionLevel: 1 }).toFile(join(images, 'copy.png'));
    await grey().toColourspace('srgb').png().toFile(join(images, 'rgb.png'));
    cpSync(join(images, 'test-abnormal-0000.png'), join(images, 'twin.png'));
    // The same bytes in another shape are another image.
    await sharp(original.pixels, { raw: { width: 256, height: 64, channels: 1 } })
      .png()
      .toFile(join(images, 'wide.png'));

    const { index } = await packed(folder);
    expect(index.copies).toEqual([
      [0, 1, 3],
      [5, 6],
    ]);
    expect(describeCopies(index)).toEqual({
      groups: [
        [
          { image: 'train-normal-0000.png', place: 'train.0', position: 0 },
          { image: 'copy.png', place: 'train.0', position: 1 },
          { image: 'rgb.png', place: 'test.0', position: 3 },
        ],
        [
          { image: 'test-abnormal-0000.png', place: 'test.1', position: 5 },
          { image: 'twin.png', place: 'test.1', position: 6 },
        ],
      ],
      acrossPlaces: 1,
      testInTraining: 1,
      byPlaces: [
        { places: ['test.0', 'train.0'], groups: 1 },
        { places: ['test.1'], groups: 1 },
      ],
    });
  });
});

describe('faults of a dataset folder', () => {
  test('a folder that is no dataset', async () => {
    expect(await faults(join(dir, 'nowhere'))).toEqual([
      {
        path: 'data.json',
        message: 'expected a dataset folder with data.json and images/, got no such file',
      },
    ]);
    const bare = join(dir, 'bare');
    mkdirSync(bare);
    writeFileSync(join(bare, 'data.json'), '{"train": {"0": ["a.png"]}}');
    expect(await faults(bare)).toEqual([
      { path: 'images', message: 'expected a folder beside data.json, got none' },
    ]);
  });

  test('every fault of data.json and of every file comes at once', async () => {
    const folder = datasetWith('broken', {
      train: { '0': ['train-normal-0000.png', 'missing.png', 'cut.png', '../escape.png'] },
      test: { '0': ['text.png', 'train-normal-0000.png'], '1': ['folder', 'pipe', 'empty.jpg'] },
      extra: true,
    });
    const images = join(folder, 'images');
    const whole = readFileSync(join(images, 'train-normal-0001.png'));
    writeFileSync(join(images, 'cut.png'), whole.subarray(0, whole.length / 2));
    writeFileSync(join(images, 'text.png'), 'no image');
    writeFileSync(join(images, 'empty.jpg'), '');
    mkdirSync(join(images, 'folder'));
    execFileSync('mkfifo', [join(images, 'pipe')]);

    const found = (await faults(folder)).map(({ path, message }) => `${path}: ${message}`);
    expect(found).toEqual([
      expect.stringMatching(/^train\.0\.3: expected a file name inside images\//),
      'extra: unknown field',
      'test.0.1: expected every image once, got "train-normal-0000.png" again, listed at train.0.0 already',
      'train.0.1: images/missing.png: expected a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image, got no such file',
      expect.stringMatching(/^train\.0\.2: images\/cut\.png: expected a whole PNG image, decoding failed: ./),
      expect.stringMatching(
        /^test\.0\.0: images\/text\.png: expected a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image, got a file that starts with/,
      ),
      'test.1.0: images/folder: expected a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image, got something that is no file',
      'test.1.1: images/pipe: expected a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image, got something that is no file',
      'test.1.2: images/empty.jpg: expected a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image, got an empty file',
    ]);
    rmSync(folder, { recursive: true });
  });

  test('malformed JSON', async () => {
    const found = await faults(datasetWith('malformed', '{"train": '));
    expect(found).toEqual([
      { path: 'data.json', message: 'expected JSON, got a fault at line 1, column 11: value expected' },
    ]);
  });
});

test('an image size out of range is refused', async () => {
  await expect(packDataset(phantom, { imageSizes: [32, 0] })).rejects.toThrow(
    'expected image sizes of 1 to 4096 pixels, got 0',
  );
});

describe('DICOM files', () => {
  /** Diagonal stripes, another slope each. */
  const values = (slope: number) =>
    Array.from({ length: 300 }, (_, i) => ((i % 20) * slope + Math.floor(i / 20) * 97) % 4096);
  function folderOf(name: string, patients: Record<string, string>): string {
    const folder = join(dir, name);
    mkdirSync(join(folder, 'images'), { recursive: true });
    const lists = { train: { '0': ['a.dcm', 'b.dicom'] }, test: { '0': ['c.dcm'], '1': ['d.png'] } };
    writeFileSync(join(folder, 'data.json'), JSON.stringify(lists));
    Object.entries(patients).forEach(([image, patient], i) => {
      const file = dicomFile({ patient, name: 'Doe^Jane', columns: 20, values: values(100 + 37 * i) });
      writeFileSync(join(folder, 'images', image), file);
    });
    cpSync(join(phantom, 'images', 'test-abnormal-0000.png'), join(folder, 'images', 'd.png'));
    return folder;
  }

  test('may stand among the images; patients become numbers, nothing else of a header is kept', async () => {
    const folder = folderOf('dicom', { 'a.dcm': 'ID-77', 'b.dicom': 'ID-77 ', 'c.dcm': 'ID-12' });
    const { index, pixels } = await packed(folder);
    expect(index.patients).toEqual([1, 1, 2, null]);
    expect(JSON.stringify(index)).not.toMatch(/ID-|Jane/);
    const { image } = await decodeImage(readFileSync(join(folder, 'images', 'c.dcm')));
    expect(
      Buffer.from(pixels.subarray(2 * 4096, 3 * 4096)).equals(resizeBilinear(image, 64, 64).pixels),
    ).toBe(true);
  });

  test('of one patient must be in one part, unless patients.csv says otherwise', async () => {
    const folder = folderOf('shared-patient', { 'a.dcm': 'ID-77', 'b.dicom': 'ID-5', 'c.dcm': 'ID-77' });
    const found = await faults(folder);
    expect(found).toHaveLength(1);
    expect(found[0]!.message).toMatch(/in train \("a\.dcm"\) and test \("c\.dcm"\)$/);
    expect(found[0]!.message).not.toMatch(/ID-/);
    writeFileSync(join(folder, 'patients.csv'), 'image,patient\na.dcm,1\nb.dicom,2\nc.dcm,3\nd.png,4\n');
    expect((await packed(folder)).index.patients).toEqual([1, 2, 3, 4]);
  });

  test('without a patient say nothing about patients', async () => {
    const folder = folderOf('nobody', { 'a.dcm': '', 'b.dicom': ' ', 'c.dcm': '' });
    expect((await packed(folder)).index).not.toHaveProperty('patients');
  });
});
