import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExperimentFile, ExperimentResult, RunResult } from '@ddad/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChoiceReport } from '../cli/src/experiment/choice/attend-choice.ts';
import { mapScores } from './map-scores.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

let cluster: TestCluster;
let dataset: SmallDataset;
let scratch: string;

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([startTestCluster(), smallDataset()]);
  scratch = await mkdtemp(join(tmpdir(), 'ddad-experiment-'));
  const { code, stderr } = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  if (code !== 0) throw new Error(stderr);
});
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
  if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
});

async function write(value: unknown): Promise<string> {
  const path = join(scratch, 'experiment.json');
  await writeFile(path, JSON.stringify(value));
  return path;
}

const base = { dataset: 'small', k: 3, epochs: 1, batchSize: 16, unlabeled: 16, refiner: { epochs: 1 } };
const sweep = { base, axes: { anomalousRate: [0, 1] } };

async function manifests(kind: string): Promise<string[]> {
  const entries = await cluster.store.list(`${kind}/`);
  return entries.map(({ key }) => key).filter((key) => key.endsWith('/manifest.json'));
}

test('a sweep trains what its runs share once, and writes every figure', async () => {
  const out = join(scratch, 'out');
  const { code, stdout, stderr } = await cluster.ddad(
    'experiment',
    await write(sweep),
    '--out',
    out,
    '--json',
  );
  expect(stderr).toMatch(/2 runs of 2 finished/);
  expect(code).toBe(0);
  const result = JSON.parse(stdout) as ExperimentResult;

  // Three NDM for all, three UDM a rate; one R_intra for all, one R_dual a rate.
  expect(result.artifacts.members).toEqual({ made: 3 + 2 * 3, naive: 2 * 6 });
  expect(result.artifacts.refiners).toEqual({ made: 1 + 2, naive: 2 * 2 });
  expect(await manifests('members')).toHaveLength(9);
  expect(await manifests('refiners')).toHaveLength(3);
  // The shared R_intra refines the maps of every run.
  expect(await manifests('refined')).toHaveLength(4);

  const file = JSON.parse((await cluster.store.get(result.files.experiment)).toString()) as ExperimentFile;
  expect(file.runs).toEqual(result.runs);
  const [header, ...lines] = (await readFile(join(out, 'results.csv'), 'utf8')).trim().split('\n');
  expect(header).toBe('run,anomalousRate,of,score,k,auc,auc_std,ap,ap_std');
  const rows = lines.map((line) => line.split(','));
  for (const [place, run] of result.runs.entries()) {
    const report = JSON.parse(
      await readFile(join(out, 'runs', `${run.workflowId}.json`), 'utf8'),
    ) as RunResult;
    expect(report.runId).toBe(run.runId);
    for (const [score, { auc, ap }] of Object.entries(report.scores!)) {
      const row = [
        String(place + 1),
        String([0, 1][place]),
        'run',
        score,
        '3',
        String(auc),
        '',
        String(ap),
        '',
      ];
      expect(rows).toContainEqual(row);
    }
  }
  // Three members alone, three pairs, and the whole, which is the run itself.
  for (const run of result.runs) {
    const { kCurve, scores } = JSON.parse(
      await readFile(join(out, 'runs', `${run.workflowId}.json`), 'utf8'),
    ) as RunResult;
    expect(kCurve!.map(({ k, subsets }) => [k, subsets])).toEqual([
      [1, 3],
      [2, 3],
      [3, 1],
    ]);
    for (const score of ['recEnsemble', 'aIntra', 'aInter'] as const) {
      // Worked out in another order: of the 900 pairs a few that are nearly equal may change sides (three did).
      const whole = kCurve![2]!.scores[score]!;
      expect(whole.auc.std).toBe(0);
      expect(Math.abs(whole.auc.mean - scores![score]!.auc)).toBeLessThan(5.5 / 900);
      expect(rows).toContainEqual(expect.arrayContaining(['subsets', score, '3', String(whole.auc.mean)]));
    }
  }
  expect(await readFile(join(out, 'results.md'), 'utf8')).toMatch(/^\| 2 \| 1 \| \d+\.\d\/\d+\.\d \|/m);
  expect((await readdir(out)).sort()).toEqual(['experiment.json', 'results.csv', 'results.md', 'runs']);
});

test('started again with another axis, it makes only what is new', async () => {
  const before = [...(await manifests('members')), ...(await manifests('refiners'))];
  const larger = { base, axes: { ...sweep.axes, refiner: [false, base.refiner] } };
  const args = [
    await write(larger),
    '--out',
    join(scratch, 'again'),
    '--table',
    '3',
    '5',
    '--figure',
    '6',
    '8',
  ];
  const { code, stdout, stderr } = await cluster.ddad('experiment', ...args);
  expect(stderr).toMatch(/^ddad-experiment-\S+-01 {2}anomalousRate = 0, refiner = false {2}/m);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Members trained: 0 of 24 /);
  expect(stdout).toMatch(/Refiners trained: 0 of 4 /);
  expect([...(await manifests('members')), ...(await manifests('refiners'))]).toEqual(before);
  const markdown = await readFile(join(scratch, 'again', 'results.md'), 'utf8');
  expect(markdown).toMatch(/^## anomalousRate$[\s\S]*^\| 0 \| 2 \| \d+\.\d ± \d+\.\d \//m);

  const table = (name: string) => readFile(join(scratch, 'again', name), 'utf8');
  expect(await table('table-3.md')).toMatch(/^\| AE-U rDual \| (\d+\.\d\/\d+\.\d|–)/m);
  expect(await table('table-5.md')).toMatch(/^\| backbone, score \| K = 2 \| K = 3 \|$/m);
  for (const figure of ['figure-6.svg', 'figure-8.svg']) expect(await table(figure)).toMatch(/^<svg xmlns=/);

  const runs = await cluster.ddad('runs');
  expect(runs.stdout).toMatch(/^ddad-experiment-\S+ +completed \(experiment\) +small +ddad +3 /m);
});

test('over seeds every table has mean and deviation, and the best values are chosen without labels', async () => {
  const seeded = {
    base: { ...base, k: 2, refiner: false, calibration: 0.5 },
    axes: { epochs: [1, 2], seed: [0, 1] },
  };
  const out = join(scratch, 'chosen');
  const args = ['experiment', await write(seeded), '--out', out, '--table', '3', '--choose-score', '--json'];
  const { code, stdout, stderr } = await cluster.ddad(...args);
  expect(stderr).toMatch(
    /^Chosen without labels: epochs = [12] \(\w+\), label-free AUC \d+\.\d ± \d+\.\d \(/m,
  );
  expect(stderr).toMatch(
    /^AUC of the same without any network: mean grey \d+\.\d, contrast \d+\.\d, sharpness \d+\.\d\. Of all unlabeled against all normal files: original size /m,
  );
  expect(stderr).toMatch(/^With the labels of the test images, which the choice did not use: /m);
  expect(code).toBe(0);

  const result = JSON.parse(stdout) as ExperimentResult & { choice: ChoiceReport };
  const report = JSON.parse(await readFile(join(out, 'choice.json'), 'utf8')) as ChoiceReport;
  expect(result.choice).toEqual(report);
  const { chosen, others, images } = report.choice;
  // The main score is `aInterTop`, which learned from the unlabeled images, as what else its map gives.
  const comparable = [chosen, ...others].filter((one) => one.comparable).map(({ score }) => score);
  expect(new Set(comparable)).toEqual(new Set(mapScores('aInter')));
  expect(images).toEqual({ heldOut: 24, unlabeled: 16 });
  // Two combinations with every score of theirs; the AUC are those that each run's own evaluation found.
  const runs = (await Promise.all(
    result.runs.map(async ({ workflowId }) =>
      JSON.parse(await readFile(join(out, 'runs', `${workflowId}.json`), 'utf8')),
    ),
  )) as RunResult[];
  expect(others).toHaveLength(2 * Object.keys(runs[0]!.labelFree!.scores).length - 1);
  for (const { score, runs: numbers, labelFree, byLabels } of [chosen, ...others]) {
    const own = numbers.map((number) => runs[number - 1]!);
    expect(own).toHaveLength(2);
    const mean = (values: number[]) => (values[0]! + values[1]!) / 2;
    expect(labelFree.mean).toBeCloseTo(mean(own.map((run) => run.labelFree!.scores[score]!.auc!)), 12);
    expect(byLabels).toBeCloseTo(mean(own.map((run) => run.scores![score]!.auc)), 12);
  }

  const [header, ...lines] = (await readFile(join(out, 'spread.csv'), 'utf8')).trim().split('\n');
  expect(header).toBe('epochs,of,score,k,auc_mean,auc_sd,auc_n,ap_mean,ap_sd,ap_n');
  expect(lines.filter((line) => line.startsWith('1,run,aInter,2,'))).toHaveLength(1);
  const markdown = await readFile(join(out, 'results.md'), 'utf8');
  expect(markdown).toMatch(/^\| 1 \| 2 \| \d+\.\d ± \d+\.\d \/ \d+\.\d ± \d+\.\d \|/m);
  expect(markdown).toContain('## Choice');
  const table = await readFile(join(out, 'table-3.md'), 'utf8');
  expect(table).toContain('Means ± standard deviations (n − 1) over 2 seeds.');
  expect(table).toMatch(/^\| AE-U aInter \| \d+\.\d\/\d+\.\d ± \d+\.\d\/\d+\.\d \|/m);
});

test('a choice is refused, with every fault, where there is nothing to compare', async () => {
  const file = await write({ base: { ...base, unlabeled: 0 }, axes: { batchSize: [16, 49] } });
  const { code, stderr } = await cluster.ddad('experiment', file, '--out', join(scratch, 'no'), '--choose');
  expect(code).toBe(2);
  expect(stderr).toMatch(/\(3 faults\)/);
  expect(stderr).toMatch(/axes\.batchSize: expected at most 48, .*got 49/);
  expect(stderr).toMatch(/base\.calibration: expected held-out normal images, .*got none/);
  expect(stderr).toMatch(/base\.unlabeled: expected unlabeled images, .*got 0/);
});

test('all faults of all combinations are told before anything is trained', async () => {
  const faulty = { base: { ...base, colour: 'red' }, axes: { k: [1, 2], seed: [] } };
  const bySchema = await cluster.ddad('experiment', await write(faulty), '--out', join(scratch, 'no'));
  expect(bySchema.code).toBe(2);
  for (const fault of [/\(3 faults\)/, /axes\.seed: /, /axes\.k: .*got 1$/m, /base\.colour: unknown field/]) {
    expect(bySchema.stderr).toMatch(fault);
  }
  expect(bySchema.stderr).not.toMatch(/^experiment /m);

  const unfit = {
    base: { ...base, unlabeled: 24 },
    axes: { anomalousRate: [0, 0.5, 1], batchSize: [16, 49] },
  };
  const byDataset = await cluster.ddad('experiment', await write(unfit), '--out', join(scratch, 'no'));
  expect(byDataset.code).toBe(2);
  expect(byDataset.stderr).toContain('the experiment was refused: its input is at fault (3 faults)');
  expect(byDataset.stderr).toMatch(
    /base\.unlabeled: .*unlabeled\.0 lacks 8 \(in 2 of 6 runs, first with anomalousRate = 0, batchSize = 16\)/,
  );
  expect(byDataset.stderr).toMatch(/base\.unlabeled: .*unlabeled\.1 lacks 8/);
  expect(byDataset.stderr).toMatch(/axes\.batchSize: expected at most 48, .*got 49/);
});
