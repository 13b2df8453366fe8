/**
 * The whole way: a folder with masks is packed, a run's maps are evaluated against it, and the figures are those of Pillow, numpy,
 * scikit-learn and scipy, which read the same files.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { artifactKey, type EvaluatedSource, type Findings, newEvaluationSpec } from '@ddad/contract';
import { packDataset } from '@ddad/dataset';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { datasetDigest, MadeUpTasks, notedContext, scoresOf } from './made-up-task.testing.ts';
import { makeEvaluation } from './make-evaluation.ts';

// scikit-learn takes its time to load, twice.
vi.setConfig({ testTimeout: 180_000 });

const side = 64;
const area = side * side;
const parts = { train: 2, validation: 5, normal: 8, abnormal: 12 };
/** Of the abnormal images, those with a mask. */
const masked = 10;
const heavy = 7;

let made: MadeUpTasks;
beforeEach(async () => {
  made = await MadeUpTasks.start();
});
afterEach(() => made.remove());

/** Equal numbers in 0..1 for equal seeds. */
function numbers(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => (generator.next() >>> 0) / 2 ** 32;
}

/** Whether a point of 0..1 × 0..1 is inside of an image's mask: one disc, or two. */
const insideOf = (image: number) => (x: number, y: number) =>
  Math.hypot(x - 0.3, y - 0.4) < 0.05 + 0.01 * image ||
  (image % 3 === 0 && Math.hypot(x - 0.7, y - 0.7) < 0.06);

async function packedFolder() {
  const folder = join(made.folder, 'dataset');
  for (const name of ['images', 'masks']) mkdirSync(join(folder, name), { recursive: true });
  const [width, height] = [90, 75];
  const raw = { raw: { width, height, channels: 1 as const } };
  const list = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}.png`);
  const lists = {
    train: { '0': list('t', parts.train) },
    validation: { '0': list('v', parts.validation) },
    test: { '0': list('n', parts.normal), '1': list('a', parts.abnormal) },
  };
  writeFileSync(join(folder, 'data.json'), JSON.stringify(lists));
  const grey = numbers(2);
  for (const name of Object.values(lists).flatMap((part) => Object.values(part).flat())) {
    const pixels = Uint8Array.from({ length: width * height }, () => 200 * grey());
    await sharp(pixels, raw)
      .toColourspace('b-w')
      .png()
      .toFile(join(folder, 'images', name));
  }
  for (let image = 0; image < masked; image++) {
    const inside = insideOf(image);
    const pixels = Uint8Array.from({ length: width * height }, (_, at) =>
      inside(((at % width) + 0.5) / width, (Math.floor(at / width) + 0.5) / height) ? 1 + image : 0,
    );
    await sharp(pixels, raw)
      .toColourspace('b-w')
      .png()
      .toFile(join(folder, 'masks', `a${image}.png`));
  }
  const packed = await packDataset(folder);
  if ('faults' in packed) throw new Error(JSON.stringify(packed.faults));
  return { folder, packed };
}

/** Maps with a long tail, as those of networks, higher inside. */
function mapsOf(images: number, abnormalFrom: number, seed: number): Float32Array {
  const next = numbers(seed);
  return Float32Array.from({ length: images * area }, (_, at) => {
    const image = Math.floor(at / area) - abnormalFrom;
    const [x, y] = [((at % side) + 0.5) / side, (Math.floor((at % area) / side) + 0.5) / side];
    const there = image >= 0 && insideOf(image)(x, y);
    return 0.01 * (-Math.log(1 - 0.999 * next())) ** (seed % 2 === 0 ? 1 : heavy / 3) + (there ? 0.02 : 0);
  });
}

const means = (maps: Float32Array) =>
  scoresOf(
    Array.from({ length: maps.length / area }, (_, image) =>
      maps.subarray(image * area, (image + 1) * area).reduce((sum, score) => sum + score / area, 0),
    ),
  );
const shaped = (maps: Float32Array) => ({ shape: [maps.length / area, side, side], data: maps });

const script = `
import json, sys
import numpy as np
from PIL import Image
sys.path.insert(0, sys.argv[1])
from pixel_truth_testing import figures
folder, rate, side, normal, masked, heldOut = sys.argv[2], float(sys.argv[3]), *map(int, sys.argv[4:])
maps = np.frombuffer(sys.stdin.buffer.read(), np.float32).astype(np.float64).reshape(-1, side, side)
reference, maps = maps[:heldOut], maps[heldOut:]
masks = np.zeros((normal + masked, side, side), bool)
for image in range(masked):
    whole = Image.fromarray((np.asarray(Image.open(f"{folder}/masks/a{image}.png")) > 0).astype(np.uint8))
    masks[normal + image] = np.asarray(whole.resize((side, side), Image.NEAREST)) > 0
threshold = np.quantile(reference, 1 - rate, method="inverted_cdf")
print(json.dumps({**figures(maps[:normal + masked], masks, threshold), "threshold": threshold}))
`;

test('figures of every score that has a map equal those of an independent implementation', async () => {
  const { folder, packed } = await packedFolder();
  const { index, masks } = packed;
  const count = parts.normal + parts.abnormal;
  const scores = { plain: 4, tailed: 5 };
  const sources: EvaluatedSource[] = [];
  const all: Record<string, Buffer> = {};
  for (const [score, seed] of Object.entries(scores)) {
    const test = mapsOf(count, parts.normal, seed);
    const reference = mapsOf(parts.validation, Number.POSITIVE_INFINITY, seed + 10);
    all[score] = Buffer.concat([Buffer.from(reference.buffer), Buffer.from(test.buffer)]);
    for (const [images, maps] of Object.entries({ test, reference })) {
      const artifact = await made.artifact('maps', `${score} ${images}`, {
        scores: { [score]: means(maps) },
        maps: { [score]: shaped(maps) },
      });
      sources.push({ ...artifact, images: images as 'test', score, tensor: score, map: score });
    }
  }
  const flat = await made.artifact('flat', 'flat', { scores: { flat: scoresOf(Array(count).fill(1)) } });
  sources.push({ ...flat, images: 'test', score: 'flat', tensor: 'flat' });
  const spec = {
    selection: {},
    trainsOnUnlabeled: false,
    falsePositiveRate: 0.07,
    scores: ['tailed', 'flat', 'plain'],
    sources,
    masks: index.masks!.digest,
  };
  const context = notedContext();
  const result = await makeEvaluation(await made.evaluation(spec, index, masks!), context);
  const { pixelTruth } = JSON.parse(readFileSync(result!.files.evaluation!, 'utf8')) as Findings;
  expect(pixelTruth!.images).toEqual({ normal: parts.normal, masked, withoutMask: 2 });
  expect(pixelTruth!.falsePositiveRate).toBe(0.07);
  expect(Object.keys(pixelTruth!.scores!)).toEqual(['tailed', 'plain']);
  const module = resolve(import.meta.dirname, '../../anomaly/src/metrics');
  for (const score of Object.keys(scores)) {
    const given = [module, folder, '0.07', side, parts.normal, masked, parts.validation].map(String);
    const output = execFileSync(process.env.DDAD_TEST_PYTHON!, ['-c', script, ...given], {
      input: all[score],
    });
    const expected = JSON.parse(output.toString()) as Record<string, number>;
    const figures = pixelTruth!.scores![score]! as unknown as Record<string, number>;
    expect(Object.keys(expected).sort()).toEqual(
      Object.keys(figures)
        .filter((name) => name !== 'bestThreshold')
        .sort(),
    );
    for (const [name, value] of Object.entries(expected))
      expect(Math.abs(figures[name]! - value), `${score} ${name}`).toBeLessThan(1e-6);
  }
  expect(context.told.at(-1)).toMatchObject({ done: count, total: count });

  // Stopped while maps are read: nothing is published.
  expect(await makeEvaluation(await made.evaluation(spec, index, masks!), notedContext(3))).toBeNull();
  const others = { ...spec, masks: 'a'.repeat(64) };
  await expect(makeEvaluation(await made.evaluation(others, index, masks!), notedContext())).rejects.toThrow(
    `masks: expected those of digest ${'a'.repeat(64)}, got ${index.masks!.digest}`,
  );
});

test('only masks change the key of an evaluation', () => {
  const spec = { datasetDigest, selection: {}, trainsOnUnlabeled: true, scores: ['rec'], sources: [] };
  const without = newEvaluationSpec(spec);
  expect(without).not.toHaveProperty('masks');
  expect(artifactKey(newEvaluationSpec({ ...spec, masks: 'a'.repeat(64) }))).not.toBe(artifactKey(without));
});
