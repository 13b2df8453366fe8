import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { packDataset } from './pack.ts';
import { writePhantom } from './phantom.ts';
import { phantomRandom } from './phantom-random.ts';
import { drawSlice } from './phantom-slice.ts';
import { scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

const counts = { train: 3, unlabeledNormal: 1, unlabeledAbnormal: 2, testNormal: 1, testAbnormal: 1 };

function contents(folder: string): [string, string][] {
  return readdirSync(join(folder, 'images'))
    .sort()
    .map((name) => [name, readFileSync(join(folder, 'images', name)).toString('base64')]);
}

test('writes grey 8-bit PNG in Med-AD layout, marked as synthetic', async () => {
  const folder = join(dir, 'layout');
  await writePhantom(folder, { seed: 1, ...counts });
  const packed = await packDataset(folder);
  if ('faults' in packed) throw new Error(JSON.stringify(packed.faults));
  expect(packed.index).toMatchObject({
    synthetic: true,
    train: [0, 1, 2],
    unlabeled: { labels: 'known', normal: [3], abnormal: [4, 5] },
    test: { labels: 'known', normal: [6], abnormal: [7] },
    copies: [],
  });
  const metadata = await sharp(readFileSync(join(folder, 'images', packed.index.images[0]!))).metadata();
  expect(metadata).toMatchObject({ format: 'png', width: 128, height: 128, channels: 1, depth: 'uchar' });
});

test('equal seeds give equal bytes, larger counts extend them, other seeds give other slices', async () => {
  const [first, larger, other] = ['first', 'larger', 'other'].map((name) => join(dir, name));
  await writePhantom(first!, { seed: 7, ...counts });
  await writePhantom(larger!, { seed: 7, ...counts, train: 5 });
  await writePhantom(other!, { seed: 8, ...counts });
  const before = contents(first!);
  const after = new Map(contents(larger!));
  expect(after.size).toBe(before.length + 2);
  for (const [name, bytes] of before) expect(after.get(name)).toBe(bytes);
  const different = contents(other!).filter(([, bytes], i) => bytes !== before[i]![1]);
  expect(different).toHaveLength(before.length);
});

test('parts without images are left out', async () => {
  const folder = join(dir, 'normals');
  await writePhantom(folder, {
    seed: 1,
    train: 1,
    unlabeledNormal: 0,
    unlabeledAbnormal: 0,
    testNormal: 0,
    testAbnormal: 0,
  });
  expect(JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8'))).toEqual({
    synthetic: true,
    train: { '0': ['train-normal-0000.png'] },
  });
});

test('a lesion is brighter than its place in its middle, darker round it, and changes nothing else', () => {
  for (let i = 0; i < 40; i++) {
    const normal = drawSlice(phantomRandom('test', i, 'anatomy'), null, 128).pixels;
    const abnormal = drawSlice(
      phantomRandom('test', i, 'anatomy'),
      phantomRandom('test', i, 'lesions'),
      128,
    ).pixels;
    const changes = Array.from(normal, (value, at) => abnormal[at]! - value);
    const changed = changes.filter((change) => change !== 0).length / changes.length;
    // Of radius 0.21 to 0.28 times 0.88 to 1.12, with a seam out to 1.9 radii: an ellipse with half axes of about
    // 0.73 and 0.87 half sides per head unit, less what lies outside of the brain. Measured: 0.070 to 0.117.
    expect(changed).toBeGreaterThan(0.05);
    expect(changed).toBeLessThan(0.15);
    expect(changes.filter((change) => change > 15).length).toBeGreaterThan(100);
    expect(changes.filter((change) => change < -15).length).toBeGreaterThan(30);
  }
});

test('normal slices are alike but for pose and grain', () => {
  const slices = Array.from({ length: 40 }, (_, i) => {
    const { pixels } = drawSlice(phantomRandom('alike', i), null, 64);
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    const centred = Array.from(pixels, (value) => value - mean);
    const norm = Math.hypot(...centred);
    return centred.map((value) => value / norm);
  });
  const correlations = slices.flatMap((a, i) =>
    slices.slice(i + 1).map((b) => a.reduce((sum, value, at) => sum + value * b[at]!, 0)),
  );
  const mean = correlations.reduce((sum, value) => sum + value, 0) / correlations.length;
  expect(mean).toBeGreaterThan(0.8);
  // The same slice again and again would be no dataset.
  expect(Math.max(...correlations)).toBeLessThan(0.99);
});

test('mean intensity tells normal and abnormal slices apart hardly better than chance', () => {
  const mean = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const means = (abnormal: boolean) =>
    Array.from({ length: 150 }, (_, i) => {
      const kind = abnormal ? 'abnormal' : 'normal';
      const lesions = abnormal ? phantomRandom('mean', i, 'lesions') : null;
      return mean(drawSlice(phantomRandom('mean', i, kind), lesions, 64).pixels);
    });
  const [normal, abnormal] = [means(false), means(true)];
  // The share of pairs in which the abnormal slice is brighter: an AUC, one-sided.
  const brighter = abnormal.flatMap((a) => normal.map((b) => (a > b ? 1 : 0) as number));
  const auc = brighter.reduce((sum, value) => sum + value, 0) / brighter.length;
  expect(Math.abs(auc - 0.5)).toBeLessThan(0.1);
});

test('every count that is out of range is named', async () => {
  const wrong = { seed: 0.5, ...counts, train: 0, testNormal: -1, testAbnormal: 0 };
  await expect(writePhantom(join(dir, 'wrong'), wrong)).rejects.toThrow(
    [
      'seed: expected a whole number, at least 0, got 0.5',
      'testNormal: expected a whole number, at least 0, got -1',
      'train: expected at least 1 image, got 0',
      'test: expected images of both kinds or none, got -1 normal and 0 abnormal',
    ].join('\n'),
  );
  expect(readdirSync(dir)).not.toContain('wrong');
});
