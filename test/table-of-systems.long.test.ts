/** Systems of the paper's Table 2 from one experiment, to its table, and each of its runs through all that is done with a run. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auc } from '@ddad/anomaly';
import { type ExperimentResult, type HeldOutScores, type RunResult, runKeys } from '@ddad/contract';
import { decodeSafetensors, fetchFile, readManifest } from '@ddad/storage';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ScoredImages } from '../cli/src/commands/score.ts';
import { mapScores } from './map-scores.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

const side = 64;
const area = side * side;
let cluster: TestCluster;
let images: SmallDataset;
let scratch: string;
/** Of abnormal test images, by name, [side,side]: 1 where something is. */
const masks = new Map<string, Uint8Array>();

/** Makes images of the size that the networks take, each abnormal test image with a mask of its own. */
async function addMasks({ directory, data }: SmallDataset): Promise<void> {
  await mkdir(join(directory, 'masks'));
  for (const name of [...data.train['0'], ...data.test['0'], ...data.test['1']]) {
    const path = join(directory, 'images', name);
    await writeFile(path, await sharp(path).resize(side, side, { fit: 'fill' }).toBuffer());
  }
  for (const [place, name] of data.test['1'].entries()) {
    const [top, left] = [4 + place, 34 - place];
    const mask = new Uint8Array(area);
    for (let row = top; row < top + 20; row += 1) mask.fill(1, row * side + left, row * side + left + 24);
    masks.set(name, mask);
    const white = sharp(
      mask.map((value) => 255 * value),
      { raw: { width: side, height: side, channels: 1 } },
    );
    await white.toColourspace('b-w').toFile(join(directory, 'masks', `${name.replace(/\.\w+$/, '')}.png`));
  }
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ddad-systems-'));
  [cluster, images] = await Promise.all([startTestCluster(), smallDataset()]);
  await addMasks(images);
  const { code, stderr } = await cluster.ddad('dataset', 'add', 'slices', images.directory);
  if (code !== 0) throw new Error(stderr);
});
afterAll(async () => {
  await cluster?.stop();
  await images?.remove();
  if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
});

/** Runs a command that ends well. */
async function ddad(...args: string[]) {
  const result = await cluster.ddad(...args);
  expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
  return result;
}

/** A system: the score that its source judges images by, the score of its map, its row and what the paper has for the Brain data. */
interface System {
  method: string;
  main: string;
  map: string | null;
  row: string[];
  published: [auc: string, ap: string];
  fields: Record<string, number>;
}

const systems: Record<string, System> = {
  'CutPaste, short': {
    method: 'cutpaste',
    main: 'mahalanobis',
    map: null,
    row: ['no', 'CutPaste (from scratch)', 'Self-sup.+GDE'],
    published: ['92.0', '89.9'],
    fields: { steps: 3, batchSize: 4 },
  },
  'DRAEM, short': {
    method: 'draem',
    main: 'probabilityPeak',
    map: 'probability',
    row: ['no', 'DRAEM', 'Rec.+Self-sup.'],
    published: ['72.1', '64.6'],
    fields: { epochs: 2, batchSize: 4, width: 8, learningRate: 0.01 },
  },
  'GANomaly, short': {
    method: 'ganomaly',
    main: 'latentError',
    map: 'residual',
    row: ['no', 'Ganomaly', 'Rec.'],
    published: ['75.1', '69.7'],
    fields: { epochs: 1, batchSize: 8 },
  },
};
const names = Object.keys(systems);
/** In the paper's order. */
const inOrder = ['GANomaly, short', 'DRAEM, short', 'CutPaste, short'];

/** Names of all scores that a run of a system has. */
const scoresOf = ({ main, map }: System) =>
  map === null ? [main] : [...new Set([...mapScores(map), main])].sort();

interface Run {
  workflowId: string;
  result: RunResult;
}
/** Of each system the runs of both seeds. */
const found = new Map<string, Run[]>();
const firstRun = (name: string): Run => found.get(name)![0]!;

/** Mean and standard deviation of two figures, as a table has them. */
const spread = ([a, b]: number[]) =>
  `${(50 * (a! + b!)).toFixed(1)} ± ${((100 * Math.abs(a! - b!)) / Math.SQRT2).toFixed(1)}`;

test('one experiment trains systems over two seeds, and makes the paper’s table of them', async () => {
  const file = join(scratch, 'experiment.json');
  const runs = Object.entries(systems).map(([name, { method, fields }]) => [name, { method, ...fields }]);
  await writeFile(
    file,
    JSON.stringify({
      base: { dataset: 'slices', calibration: 0.5 },
      runs: Object.fromEntries(runs),
      axes: { seed: [0, 1] },
      published: 'brain',
    }),
  );
  const out = join(scratch, 'out');
  const { stdout, stderr } = await ddad('experiment', file, '--out', out, '--table', '2', '--json');
  expect(stderr).toMatch(/6 runs of 6 finished/);
  for (const { axes, workflowId } of (JSON.parse(stdout) as ExperimentResult).runs) {
    const result = JSON.parse(await readFile(join(out, 'runs', `${workflowId}.json`), 'utf8')) as RunResult;
    const name = String(axes.name);
    found.set(name, [...(found.get(name) ?? []), { workflowId, result }]);
  }
  expect([...found].map(([name, own]) => [name, own.length])).toEqual(names.map((name) => [name, 2]));

  const table = await readFile(join(out, 'table-2.md'), 'utf8');
  expect(table).toContain('Published: Brain MRI.');
  expect(table).toContain('Without a run here: AE, MemAE, CutPaste (ImageNet-pretrained), ');
  expect(table).toContain('Means ± standard deviations (n − 1) over 2 seeds.');
  const lines = table.split('\n').filter((line) => line.startsWith('|'));
  const [headings, _rule, ...rows] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  expect(headings).toEqual([
    'unlabeled data',
    'method',
    'taxonomy',
    'AUC',
    'AP',
    'published AUC',
    'published AP',
    'differs from its source',
  ]);
  expect(rows).toEqual(
    inOrder.map((name) => {
      const { row, main, published } = systems[name]!;
      const results = found.get(name)!.map(({ result }) => result);
      const [auc, ap] = (['auc', 'ap'] as const).map((metric) =>
        spread(results.map(({ scores }) => scores![main]![metric])),
      );
      return [...row, auc, ap, ...published, results[0]!.deviations!.join('; ')];
    }),
  );
});

/** A run's scores.csv: names and labels of the test images, and the values of a score. */
async function scoresCsv({ result }: Run) {
  const text = (await cluster.store.get(runKeys.scores(result.runId))).toString();
  const [header, ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const column = (name: string) => rows.map((row) => row[header!.indexOf(name)]!);
  return {
    images: column('image'),
    labels: column('label').map(Number),
    of: (score: string) => column(score).map(Number),
  };
}

/** A run's scores of held-out normal images, rising. */
async function heldOutOf({ result }: Run, score: string): Promise<number[]> {
  const found = JSON.parse(
    (await cluster.store.get(runKeys.heldOut(result.runId))).toString(),
  ) as HeldOutScores;
  return found[score]!;
}

test.each(names)(
  'a run of %s has its scores, thresholds, and pixel figures as far as there is a map',
  async (name) => {
    const system = systems[name]!;
    const { main, map, method } = system;
    const run = firstRun(name);
    const { result } = run;
    const csv = await scoresCsv(run);
    expect(Object.keys(result.scores!).sort()).toEqual(scoresOf(system));
    // All the same, or nearly so, they would prove nothing.
    expect(new Set(csv.of(main)).size).toBeGreaterThan(20);
    expect(result.scores![main]!.auc).toBeCloseTo(auc(csv.of(main), csv.labels), 10);

    const { images: heldOut, thresholds } = result.calibration!;
    expect(heldOut).toBe(24);
    expect(Object.keys(thresholds!).sort()).toEqual(scoresOf(system));
    // ⌈25·0.95⌉: the highest of 24.
    const { threshold, sensitivity, specificity } = thresholds![main]!;
    expect(threshold).toBe((await heldOutOf(run, main)).at(-1));
    const above = (label: number) =>
      csv.of(main).filter((score, at) => csv.labels[at] === label && score > threshold).length / 30;
    expect(sensitivity).toBeCloseTo(above(1), 10);
    expect(specificity).toBeCloseTo(1 - above(0), 10);

    if (map === null) {
      expect(result.pixelTruth).toBeUndefined();
      return;
    }
    const { images: counted, scores: pixels } = result.pixelTruth!;
    expect(counted).toEqual({ normal: 30, masked: 30, withoutMask: 0 });
    expect(Object.keys(pixels!)).toEqual([map]);
    const { kind, key } = result.nodes!.find((node) => node.kind === `scored-${method}`)!;
    const manifest = (await readManifest(cluster.store, kind, key))!;
    const file = join(scratch, `${key}.maps`);
    await fetchFile(cluster.store, manifest, 'maps', file);
    const maps = decodeSafetensors(await readFile(file)).tensors.get(map)!;
    expect(maps.shape).toEqual([60, side, side]);
    const truth = csv.images.flatMap((image) => [...(masks.get(image) ?? new Uint8Array(area))]);
    expect(pixels![map]!.auroc).toBeCloseTo(auc(maps.data, truth), 4);
  },
);

/** A page's text, as a reader sees it. */
const textOf = (html: string) =>
  html
    .replace(/<(style|script)\b[^>]*>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

test.each(names)(
  'the page and the card of a run of %s tell what it has, and what it has not',
  async (name) => {
    const { method, main, map } = systems[name]!;
    const { workflowId, result } = firstRun(name);
    const page = join(scratch, `${workflowId}.html`);
    await ddad('report', workflowId, '--out', page);
    const text = textOf(await readFile(page, 'utf8'));
    for (const deviation of result.deviations!) expect(text).toContain(deviation);
    expect(text).toContain('trained on normal images alone');
    expect(text).toMatch(new RegExp(`Worst misses .* ${main} \\S+ , test image \\d+ , abnormal`));
    expect(text.includes('Pixel truth')).toBe(map !== null);
    expect(text).toContain('Outline of the mask');

    const card = (await ddad('card', workflowId)).stdout;
    expect(card).toMatch(
      new RegExp(`^Run \`${result.runId}\`: method ${method}, (?!method).*, seed 0\\. It gives`, 'm'),
    );
    for (const deviation of result.deviations!)
      expect(card).toContain(`- Differs from its source: ${deviation}`);
    expect(card).toContain('| normal, trained on | 24 | 0 |');
    expect(card).toContain('| unlabeled, scored for label-free figures | 32 | 16 |');
    expect(card).toContain('| normal, held out for thresholds | 24 | 0 |');
    const { auc: ofMain } = result.scores![main]!;
    expect(card).toContain(`| **${main}** | ${(100 * ofMain).toFixed(1)} (`);
    expect(card).toContain(`| ${main} | ${result.calibration!.thresholds![main]!.threshold} |`);
    const noMap = 'Where in an image something is: no masks were compared with maps.';
    expect(card.includes(noMap)).toBe(map === null);
    if (map !== null) {
      const { auroc } = result.pixelTruth!.scores![map]!;
      expect(card).toContain(`| ${map} | ${(100 * auroc).toFixed(1)} |`);
    }
  },
);

test.each(names)(
  'the exported file of a run of %s scores images as the run did, and judges by its main score',
  async (name) => {
    const system = systems[name]!;
    const { main, map } = system;
    const run = firstRun(name);
    const file = join(scratch, `${run.workflowId}.onnx`);
    expect((await ddad('export', '--run', run.workflowId, file)).stdout).toContain(`wrote ${file}: `);
    const csv = await scoresCsv(run);
    const paths = csv.images.map((image) => join(images.directory, 'images', image));
    const out = ['--out', join(scratch, `maps-${run.workflowId}`)];
    if (map === null) {
      const { code, stderr } = await cluster.ddad('score', file, ...paths, ...out);
      expect([code, stderr]).toEqual([2, expect.stringContaining('expected a run with heat maps')]);
    }
    const { stdout, stderr } = await ddad('score', file, ...paths, ...(map === null ? [] : out), '--json');
    const { images: lines, verdict } = JSON.parse(stdout) as ScoredImages;

    const { threshold } = run.result.calibration!.thresholds![main]!;
    const heldOut = await heldOutOf(run, main);
    for (const [at, { scores, pValues, abnormal, maps }] of lines.entries()) {
      expect(Object.keys(scores!).sort()).toEqual(scoresOf(system));
      for (const [score, value] of Object.entries(scores!)) {
        const own = csv.of(score)[at]!;
        expect(Math.abs(value - own), `${score}: ${value}, ${own}`).toBeLessThan(
          1e-3 * Math.max(1e-3, Math.abs(own)),
        );
      }
      const value = scores![main]!;
      expect(abnormal![main]).toBe(value > threshold);
      const asHigh = heldOut.filter((other) => other >= value).length;
      expect(pValues![main]).toBeCloseTo((1 + asHigh) / 25, 10);
      expect(Object.keys(maps ?? {})).toEqual(map === null ? [] : [map]);
      for (const picture of Object.values(maps ?? {}))
        expect(await sharp(picture).metadata()).toMatchObject({ format: 'png', width: side, height: side });
    }
    const of = lines.map(({ image, scores }) => ({ image, score: scores![main]! }));
    const highest = of.toSorted((a, b) => b.score - a.score)[0]!;
    const count = of.filter(({ score }) => score > threshold).length;
    expect(verdict).toEqual({
      mainScore: main,
      score: main,
      threshold,
      images: 60,
      abnormal: count,
      highest,
      faults: 0,
    });
    expect(stderr).toContain(
      `${count} of 60 images abnormal by ${main} (above ${threshold.toPrecision(4)}); highest `,
    );
  },
);
