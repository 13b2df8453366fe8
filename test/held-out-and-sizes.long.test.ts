import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { writePhantom } from '@ddad/dataset';
import { brainFolder } from '@ddad/dataset/testing';
import { decodeSafetensors, fetchFile, readManifest } from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapScores } from './map-scores.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

const counts = { train: 450, unlabeledNormal: 20, unlabeledAbnormal: 20, testNormal: 250, testAbnormal: 40 };
const rate = 0.1;
const unrefined = ['rec', 'recEnsemble', 'aIntra', 'aInter', 'dsu'] as const;

let cluster: TestCluster;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-held-out-'));
  [cluster] = await Promise.all([startTestCluster(), writeImages(join(folder, 'images-and-data'))]);
});
afterAll(async () => {
  await cluster?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Real slices where the benchmark is there, each picture once and evenly from its lists; else a phantom. */
async function writeImages(directory: string): Promise<void> {
  const brain = brainFolder();
  if (brain === null) return void (await writePhantom(directory, { seed: 5, ...counts }));
  const all = JSON.parse(await readFile(join(brain, 'data.json'), 'utf8')) as {
    train: { '0': string[]; unlabeled: { '0': string[]; '1': string[] } };
    test: { '0': string[]; '1': string[] };
  };
  const seen = new Set<string>();
  const pick = async (names: string[], count: number) => {
    const unique: string[] = [];
    for (const name of names) {
      const digest = createHash('sha256')
        .update(await readFile(join(brain, 'images', name)))
        .digest('hex');
      if (!seen.has(digest)) unique.push(name);
      seen.add(digest);
    }
    return Array.from({ length: count }, (_, i) => unique[Math.floor((i * unique.length) / count)]!);
  };
  const data = {
    test: {
      '0': await pick(all.test['0'], counts.testNormal),
      '1': await pick(all.test['1'], counts.testAbnormal),
    },
    train: {
      '0': await pick(all.train['0'], counts.train),
      unlabeled: {
        '0': await pick(all.train.unlabeled['0'], counts.unlabeledNormal),
        '1': await pick(all.train.unlabeled['1'], counts.unlabeledAbnormal),
      },
    },
  };
  await mkdir(directory);
  await symlink(join(brain, 'images'), join(directory, 'images'));
  await writeFile(join(directory, 'data.json'), JSON.stringify(data));
}

/** `ddad dataset add` and `ddad run`. */
async function run(
  dataset: string,
  directory: string,
  flags: string[],
  out: string,
  settings: object,
): Promise<RunResult> {
  const added = await cluster.ddad('dataset', 'add', dataset, directory, ...flags);
  expect(added.code, added.stderr).toBe(0);
  const input = join(folder, `${dataset}.json`);
  await writeFile(input, JSON.stringify({ dataset, ...settings }));
  const { code, stdout, stderr } = await cluster.ddad('run', '--input', input, '--json', '--out', out);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as RunResult;
}

/**
 * Probabilities of 0 to `images` false positives above a threshold that is the `rank`-th smallest of n scores: binomial, the
 * rate itself being the threshold's, a draw from Beta(n + 1 − rank, rank).
 */
function falsePositives(images: number, n: number, rank: number): number[] {
  const [a, b] = [n + 1 - rank, rank];
  // P(0) = Π (b + i)/(n + 1 + i), then P(x + 1)/P(x) = (m − x)(a + x) / ((x + 1)(b + m − x − 1)).
  let p = 1;
  for (let i = 0; i < images; i += 1) p *= (b + i) / (n + 1 + i);
  const all = [p];
  for (let x = 0; x < images; x += 1) {
    p *= ((images - x) * (a + x)) / ((x + 1) * (b + images - x - 1));
    all.push(p);
  }
  return all;
}

test('thresholds from held-out normal images call as many unseen normal images abnormal as was asked for', async () => {
  const out = join(folder, 'out');
  const { calibration, labelFree, scores } = await run('slices', join(folder, 'images-and-data'), [], out, {
    k: 2,
    epochs: 3,
    batchSize: 32,
    // What is said here of the other scores holds for its own, and training it takes most of the time.
    refiner: false,
    calibration: 1 / 3,
    falsePositiveRate: rate,
  });
  const n = counts.train / 3;
  expect(calibration).toMatchObject({ images: n, falsePositiveRate: rate });
  expect(labelFree?.images).toEqual({ unlabeled: 40, heldOut: n });

  const [header, ...lines] = (await readFile(join(out, 'scores.csv'), 'utf8')).trim().split('\n');
  const columns = header!.split(',');
  expect(columns.filter((name) => name.startsWith('p_'))).toEqual(
    unrefined.flatMap((name) => (name === 'rec' ? [name] : mapScores(name)).map((each) => `p_${each}`)),
  );
  const rows = lines.map((line) => line.split(','));
  const column = (name: string) => rows.map((row) => Number(row[columns.indexOf(name)]));
  const normal = column('label').map((label) => label === 0);

  const chances = falsePositives(counts.testNormal, n, Math.ceil((n + 1) * (1 - rate)));
  expect(chances.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
  const atMost = (count: number) => chances.slice(0, count + 1).reduce((sum, p) => sum + p, 0);
  const observed = (name: string) => {
    const { threshold, specificity } = calibration!.thresholds![name]!;
    const above = column(name).map((score) => score > threshold);
    expect(column(`p_${name}`).map((p) => p <= rate)).toEqual(above);
    const found = above.filter((called, i) => called && normal[i]).length;
    expect(specificity).toBeCloseTo(1 - found / counts.testNormal, 12);
    return found;
  };
  const found = Object.fromEntries(unrefined.map((name) => [name, observed(name)]));
  console.info('false positives of', counts.testNormal, 'normal images at', rate, found);
  for (const name of unrefined) {
    // Within the central 99.9 %.
    expect(atMost(found[name]!), name).toBeGreaterThan(0.0005);
    expect(1 - atMost(found[name]! - 1), name).toBeGreaterThan(0.0005);
    const { auc, heldOutMean } = labelFree!.scores[name]!;
    expect(auc).toBeGreaterThan(0);
    expect(auc).toBeLessThan(1);
    expect(auc).not.toBe(scores![name]!.auc);
    // The mean of other normal images, here those for testing, is alike.
    const mean =
      column(name)
        .filter((_score, i) => normal[i])
        .reduce((sum, score) => sum + score, 0) / counts.testNormal;
    expect(heldOutMean / mean).toBeGreaterThan(0.7);
    expect(heldOutMean / mean).toBeLessThan(1.4);
  }
});

test('a dataset packed at 64 and 128 trains, scores and refines images of 128×128', async () => {
  const directory = join(folder, 'phantom');
  const few = { train: 16, unlabeledNormal: 0, unlabeledAbnormal: 0, testNormal: 4, testAbnormal: 4 };
  await writePhantom(directory, { seed: 6, ...few });
  const out = join(folder, 'large');
  const result = await run('phantom', directory, ['--image-size', '64', '128'], out, {
    imageSize: 128,
    k: 2,
    epochs: 2,
    batchSize: 8,
    refiner: { epochs: 1, batchSize: 8 },
  });
  expect(result).toMatchObject({ imageSize: 128, synthetic: true });
  expect(Object.keys(result.scores ?? {})).toEqual([
    'rec',
    ...['recEnsemble', 'aIntra', 'dsu', 'rIntra'].flatMap(mapScores),
  ]);
  const shapes = async (kind: 'members' | 'maps', key: string, file: string) => {
    const manifest = await readManifest(cluster.store, kind, key);
    expect(manifest!.spec).toMatchObject({ imageSize: 128 });
    const path = join(folder, `${kind}.safetensors`);
    await fetchFile(cluster.store, manifest!, file, path);
    return decodeSafetensors(await readFile(path)).tensors;
  };
  const member = await shapes('members', result.members[0]!.key, 'weights');
  expect(member.get('linear_enc.0.weight')!.shape).toEqual([2048, 4096]);
  expect((await shapes('maps', result.artifacts.maps!, 'maps')).get('aIntra')!.shape).toEqual([8, 128, 128]);
  expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('"side":128');
  const [listed] = (await cluster.ddad('dataset', 'list')).stdout
    .split('\n')
    .filter((line) => line.startsWith('phantom'));
  expect(listed).toMatch(/ 64, 128 /);
});
