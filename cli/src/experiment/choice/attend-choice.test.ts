import {
  type AxisValues,
  type DatasetIndex,
  type EvaluatedSource,
  evaluationKind,
  newEvaluationSpec,
} from '@ddad/contract';
import { datasetDigest } from '@ddad/dataset';
import { encodeSafetensors, type NamedTensor, type ObjectStore, putDataset } from '@ddad/storage';
import { memoryStore, publishContent } from '@ddad/storage/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { CommandFailure } from '../../failure.ts';
import { inventedResult } from '../../invented-method.testing.ts';
import type { ExperimentOutcome, FinishedRun } from '../finished-runs.ts';
import { attendChoice, type ChoiceReport } from './attend-choice.ts';
import { choiceLines, choiceSection } from './choice-text.ts';
import { images, orders, type Scores } from './orders.testing.ts';

let store: ObjectStore;

beforeEach(() => {
  store = memoryStore();
});

/** Images of one grey each: held out (4), unlabeled (6) as given, and six that are trained on. */
async function addDataset(unlabeledGrey: number, patients?: number[]): Promise<string> {
  const index: DatasetIndex = {
    format: 1,
    imageSize: 16,
    images: Array.from({ length: 16 }, (_, position) => `${position}.png`),
    train: [0, 1, 2, 3, 4, 5],
    unlabeled: { labels: 'unknown', images: [6, 7, 8, 9, 10, 11] },
    test: { labels: 'none' },
    validation: [12, 13, 14, 15],
    copies: [],
    synthetic: true,
    ...(patients === undefined ? {} : { patients }),
  };
  const greys = index.images.map(
    (_, position) => (position >= 6 && position < 12 ? unlabeledGrey : 100) + (position % 2),
  );
  const pixels = Uint8Array.from({ length: 16 * 16 ** 2 }, (_, at) => greys[Math.floor(at / 16 ** 2)]!);
  const digest = datasetDigest(index, pixels);
  const sourceSeparations = [{ of: 'original size', auc: 0.55 }];
  await putDataset(store, { name: 'brain', index, pixels, digest, sourceSeparations });
  return digest;
}

/** A finished run whose scores lie where its evaluation read them: each in an artifact of its own. */
async function finishedRun(
  number: number,
  axes: AxisValues,
  datasetDigest: string,
  scores: Scores,
): Promise<FinishedRun> {
  const sources: EvaluatedSource[] = [];
  for (const [score, values] of Object.entries(scores)) {
    const tensors = new Map<string, NamedTensor>([
      [`${score}-of-all`, { shape: [values.length], data: Float32Array.from(values) }],
    ]);
    const kind = 'scored-sums';
    const key = await publishContent(store, {
      ...{ kind, spec: { number, score } },
      files: { scores: encodeSafetensors(tensors) },
    });
    const source = { kind, key, score, tensor: `${score}-of-all` };
    sources.push({ ...source, images: 'reference' }, { ...source, images: 'test' });
  }
  const spec = newEvaluationSpec({
    datasetDigest,
    selection: {},
    trainsOnUnlabeled: true,
    scores: ['near', 'far', 'fused'],
    sources,
  });
  const key = await publishContent(store, { kind: evaluationKind.kind, spec, files: { evaluation: '{}' } });
  const result = inventedResult({
    datasetDigest,
    scores: { fused: { auc: number / 4, ap: 0.5 } },
    nodes: [{ id: 'evaluation', kind: evaluationKind.kind, key, unit: 'image' }],
    labelFree: { images, scores: {} },
  });
  return { number, axes, workflowId: `x-0${number}`, result };
}

const outcome = (runs: FinishedRun[]): ExperimentOutcome => ({
  axes: Object.keys(runs[0]?.axes ?? {}),
  runs,
  experiment: { experimentId: 'e', runs: [], artifacts: {}, seconds: 1, files: { experiment: 'e' } },
});

describe("an experiment's choice", () => {
  it('reads the scores of each image from the artifacts, and warns of another source', async () => {
    const digest = await addDataset(150);
    const runs = [
      await finishedRun(1, { k: 2 }, digest, { far: orders.perfect, fused: orders.reversed }),
      await finishedRun(2, { k: 3 }, digest, { far: orders.chance, fused: orders.perfect }),
      await finishedRun(3, { k: 4 }, digest, { fused: orders.good }),
    ];
    const gone = await finishedRun(4, { k: 5 }, digest, { fused: orders.good });
    const old = { ...gone, result: { ...gone.result, nodes: [] } };
    const report = await attendChoice(store, outcome([...runs, old]), 'axes');
    expect(report.choice.chosen).toMatchObject({ axes: { k: 3 }, labelFree: { mean: 1 }, byLabels: 0.5 });
    expect(report.choice.others.map(({ axes, labelFree }) => [axes.k, labelFree.mean])).toEqual([
      [4, 21 / 24],
      [2, 0],
    ]);
    expect(report.sources).toEqual([
      { of: 'mean grey', over: 'pixels', auc: 1, differs: true },
      // Every image is of one grey.
      { of: 'contrast', over: 'pixels', auc: 0.5, differs: false },
      { of: 'sharpness', over: 'pixels', auc: 0.5, differs: false },
      { of: 'original size', over: 'files', auc: 0.55, differs: false },
    ]);
    expect(report.leftOut).toEqual([
      { workflowId: 'x-04', reason: 'its evaluation is not in the store any more' },
    ]);

    const lines = choiceLines(report);
    expect(lines[0]).toBe(
      'Chosen without labels: k = 3 (fused), label-free AUC 100.0 (6 unlabeled against 4 held-out normal images).',
    );
    expect(lines[1]).toMatch(/^It is the best of 3 in \d+\.\d % of 2000 resamples of these images/);
    expect(lines[2]).toMatch(
      /^Cannot be told apart from it \(the 95 % interval .* holds 0\): k = 4 \(fused\)\.$/,
    );
    expect(lines[3]).toBe('Left out of the choice: x-04: its evaluation is not in the store any more.');
    expect(lines[4]).toBe(
      'AUC of the same without any network: mean grey 100.0, contrast 50.0, sharpness 50.0. ' +
        'Of all unlabeled against all normal files: original size 55.0.',
    );
    expect(lines[5]).toMatch(/^warning: mean grey alone tells unlabeled from normal .* no better\.$/);
    expect(lines[6]).toBe(
      'With the labels of the test images, which the choice did not use: k = 3 (fused) has AUC 50.0, the best by labels, ' +
        'k = 4 (fused), has 75.0; regret 25.0 points.',
    );
    const section = choiceSection(report, ['k']).join('\n');
    expect(section).toContain('| score | k | seeds | label-free AUC % |');
    expect(section).toMatch(/^\| fused \| 3 \| 1 \| 100\.0 \| \d+\.\d \| 0\.0 to 0\.0 \| 50\.0 \|$/m);
    // The same draws every time.
    expect(await attendChoice(store, outcome([...runs, old]), 'axes')).toEqual(report);
  });

  it('draws patients where the dataset knows them, and a difference counts only among enough of these', async () => {
    // Six of training, the unlabeled of patients 7 to 9, the held-out of 10 and 11.
    const patients = [1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11];
    const digest = await addDataset(150, patients);
    const runs = [await finishedRun(1, {}, digest, { far: orders.perfect, fused: orders.chance })];
    const { choice, sources } = await attendChoice(store, outcome(runs), 'scores');
    expect(choice.bootstrap).toMatchObject({ by: 'patient', units: 5 });
    // By chance alone 2 and 3 reach 0.5 + 1.96 · √(6 / 72) = 1.07.
    expect(sources?.[0]).toEqual({ of: 'mean grey', over: 'pixels', auc: 1, differs: false });
  });

  it('is refused in words where scores have gone from the store', async () => {
    const digest = await addDataset(150);
    const runs = [
      await finishedRun(1, { k: 2 }, digest, { fused: orders.perfect }),
      await finishedRun(2, { k: 3 }, digest, { fused: orders.reversed }),
    ];
    await store.remove((await store.list('scored-sums/')).map(({ key }) => key));
    const refused = attendChoice(store, outcome(runs), 'axes');
    await expect(refused).rejects.toThrow(CommandFailure);
    await expect(refused).rejects.toThrow(
      /^none of the runs was chosen: scored-sums [0-9a-f]{64}: expected it in the store, found nothing$/,
    );
  });

  it('warns of nothing where the images are alike, and goes on where the dataset has gone', async () => {
    const digest = await addDataset(100);
    const runs = [await finishedRun(1, {}, digest, { far: orders.perfect, fused: orders.chance })];
    const report: ChoiceReport = await attendChoice(store, outcome(runs), 'scores');
    expect(report.choice.chosen).toMatchObject({ score: 'far', axes: {} });
    expect(choiceLines(report).join('\n')).not.toContain('warning');
    await store.remove((await store.list('datasets/')).map(({ key }) => key));
    const later = await attendChoice(store, outcome(runs), 'scores');
    expect(later.sources).toBeNull();
    expect(choiceLines(later).join('\n')).toContain('as the dataset has gone');
  });

  it('is refused, with the reasons, where nothing can be compared', async () => {
    const none = { ...(await finishedRun(1, {}, 'a'.repeat(64), { fused: orders.good })) };
    const without = { ...none, result: inventedResult() };
    await expect(attendChoice(store, outcome([without]), 'scores')).rejects.toThrow(
      'none of the runs was chosen: of those that finished none could be compared:\n' +
        '  x-01: expected held-out normal and unlabeled images, got 0 and 0',
    );
    await expect(attendChoice(store, outcome([]), 'scores')).rejects.toThrow('no run finished');
  });
});
