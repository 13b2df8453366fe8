import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AxisValues,
  artifactKey,
  type DatasetIndex,
  type EvaluatedSource,
  evaluationKind,
  newEvaluationSpec,
  type RunResult,
  type ScoreDefinition,
} from '@ddad/contract';
import { datasetDigest } from '@ddad/dataset';
import {
  encodeSafetensors,
  type NamedTensor,
  type ObjectStore,
  publishArtifact,
  putDataset,
} from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandFailure } from '../../failure.ts';
import { inventedResult } from '../../invented-method.testing.ts';
import type { ExperimentOutcome, FinishedRun } from '../finished-runs.ts';
import { attendChoice, type ChoiceReport } from './attend-choice.ts';
import { choiceLines, choiceSection } from './choice-text.ts';
import { type ComparedRun, chooseRun, mostCompared } from './choose-run.ts';
import { sourceDifference } from './source-differences.ts';

let directory: string;
let store: ObjectStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-choice-'));
  store = memoryStore();
});
afterEach(() => rm(directory, { recursive: true }));

/** Of 4 held-out normal images, then 6 unlabeled ones. AUC by hand: pairs of 24 in which the unlabeled one is higher. */
const orders = {
  /** All: 24. */
  perfect: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  /** 3 is below 3.5 but not below 2.5 and 1.5: 4 + 3 + 2 + 4 + 4 + 4 = 21. */
  good: [0, 1, 2, 3, 4, 2.5, 1.5, 7, 8, 9],
  /** 12. */
  chance: [0, 1, 8, 9, 2, 3, 4, 5, 6, 7],
  /** None. */
  reversed: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
};
const images = { heldOut: 4, unlabeled: 6 };

type Scores = Record<string, number[]>;

function compared(axes: AxisValues, scores: Scores, result: Partial<RunResult> = {}): ComparedRun {
  return {
    number: 1,
    axes,
    workflowId: 'x-01',
    result: inventedResult({ scores: null, ...result }),
    reference: {
      selection: { calibration: 0.4 },
      images,
      scores: Object.fromEntries(
        Object.entries(scores).map(([name, values]) => [name, Float32Array.from(values)]),
      ),
    },
  };
}

/** Draws every image as often as any other: all resamples are the images themselves. */
function plainDraws() {
  let draws = 0;
  const integer = (below: number) => draws++ % below;
  return { resamples: 5, confidence: 0.95, integer };
}

/** Of one unit that one, of two units the first twice, then the second twice, and so on. */
function alternately() {
  let draws = 0;
  return (below: number) => (below === 1 ? 0 : Math.floor(draws++ / 2) % 2);
}

describe('a choice among runs', () => {
  it('is of the highest AUC of unlabeled against held-out images of the main score', () => {
    const runs = [
      compared({ k: 2 }, { far: orders.perfect, fused: orders.chance }),
      compared({ k: 3 }, { far: orders.chance, fused: orders.good }),
    ];
    const { chosen, others, regret } = chooseRun(runs, 'axes', plainDraws());
    expect(chosen).toMatchObject({
      axes: { k: 3 },
      score: 'fused',
      labelFree: { mean: 21 / 24, std: null, n: 1 },
    });
    expect(chosen.standing).toMatchObject({ probability: 1, alike: true });
    expect(others).toMatchObject([
      { axes: { k: 2 }, labelFree: { mean: 0.5 }, standing: { probability: 0, alike: false } },
    ]);
    expect(others[0]!.standing!.behind.value).toBeCloseTo(9 / 24, 12);
    expect(regret).toBeNull();
  });

  it('is of a run and a score where scores are chosen from, whatever their names', () => {
    const scores = { far: orders.perfect, fused: orders.chance, odd: orders.perfect };
    const { chosen, others } = chooseRun([compared({}, scores)], 'scores', plainDraws());
    expect(chosen).toMatchObject({ score: 'far', labelFree: { mean: 1 } });
    // No definition names "odd": it is none of the run's scores.
    expect(others.map(({ score }) => score)).toEqual(['fused']);
  });

  describe('where some scores learned from the unlabeled images', () => {
    /** Those of the invented method, one of which has a score more of its map. */
    const definitions = (learned: string[], main = 'fused') =>
      inventedResult({}).definitions!.flatMap((one): ScoreDefinition[] => {
        const { name } = one;
        const learns = learned.includes(name) ? { learnsUnlabeled: true as const } : {};
        const definition = { ...one, ...learns, rank: name === main ? 9 : 0 };
        const from = { score: name, reduction: 'peak' as const };
        return name === 'fused'
          ? [definition, { ...definition, name: 'fusedPeak', from, rank: -1 }]
          : [definition];
      });
    const scores = { far: orders.perfect, fused: orders.chance, fusedPeak: orders.good };
    const labels = { far: { auc: 0.875, ap: 0.5 }, fusedPeak: { auc: 0.75, ap: 0.5 } };

    it('is of what the main score’s map gives, which learned alike', () => {
      const result = { definitions: definitions(['fused']), scores: labels };
      const choice = chooseRun([compared({}, scores, result)], 'scores', plainDraws());
      expect(choice.chosen).toMatchObject({
        score: 'fusedPeak',
        comparable: true,
        standing: { probability: 1 },
      });
      expect(choice.others).toMatchObject([
        { score: 'fused', comparable: true },
        { score: 'far', comparable: false, standing: null },
      ]);
      expect(choice.regret).toMatchObject({ score: 'far', regret: 0.125 });
      const text = choiceLines({ choice, sources: [], leftOut: [] }).join('\n');
      expect(text).toContain('It is the best of 2 in 100.0 %');
      expect(text).toContain('Not chosen from: far. Networks know by heart');
    });

    it('is of what did not learn from them, where the main scores did not, or not all', () => {
      const own = { definitions: definitions(['far']), scores: labels };
      const choice = chooseRun([compared({}, scores, own)], 'scores', plainDraws());
      expect(choice.chosen).toMatchObject({ score: 'fusedPeak' });
      expect(choice.others.map(({ score, comparable }) => [score, comparable])).toEqual([
        ['fused', true],
        ['far', false],
      ]);
      const other = { definitions: definitions(['far'], 'far'), scores: labels };
      const mixed = [compared({ k: 2 }, scores, own), compared({ k: 3 }, scores, other)];
      expect(chooseRun(mixed, 'scores', plainDraws()).chosen).toMatchObject({ score: 'fusedPeak' });
    });

    it('is of the main scores, whatever they learned from, where axes are chosen from', () => {
      const result = { definitions: definitions(['far'], 'far') };
      const [good, best] = [
        { ...scores, far: orders.good },
        { ...scores, far: orders.perfect },
      ];
      const runs = [compared({ k: 2 }, good, result), compared({ k: 3 }, best, result)];
      const { chosen, others } = chooseRun(runs, 'axes', plainDraws());
      expect(chosen).toMatchObject({ axes: { k: 3 }, score: 'far' });
      expect(others).toMatchObject([{ axes: { k: 2 }, score: 'far', comparable: true }]);
    });
  });

  describe('of runs that learned unlike each other', () => {
    const learning = (main: string, learned: string[]) => ({
      definitions: inventedResult({}).definitions!.map(
        (one): ScoreDefinition => ({
          ...one,
          rank: one.name === main ? 9 : one.rank,
          ...(learned.includes(one.name) ? { learnsUnlabeled: true as const } : {}),
        }),
      ),
    });
    const scores = { near: orders.good, far: orders.perfect, fused: orders.chance };

    it('compares what did not learn from the unlabeled images, where axes are chosen from, too', () => {
      // As of "refiner": [false, {}]: the main scores are of two maps, and both learned.
      const runs = [
        compared({ refiner: 'no' }, scores, learning('far', ['far', 'fused'])),
        compared({ refiner: 'yes' }, scores, learning('fused', ['far', 'fused'])),
      ];
      const choice = chooseRun(runs, 'axes', plainDraws());
      expect(choice.chosen).toMatchObject({ score: 'near', comparable: true });
      expect(choice.others.map(({ score, comparable }) => [score, comparable])).toEqual([
        ['near', true],
        ['far', false],
        ['fused', false],
      ]);
      const text = choiceLines({ choice, sources: [], leftOut: [] }).join('\n');
      expect(text).toContain('It is the best of 2 in 50.0 %');
      expect(text).toContain('Not chosen from: far; fused. Networks know by heart');
    });

    it('names what is not chosen from with its run where others have a score of that name to choose from', () => {
      const runs = [
        compared({ method: 'a' }, scores, learning('far', [])),
        compared({ method: 'b' }, scores, learning('far', ['far'])),
      ];
      const choice = chooseRun(runs, 'axes', plainDraws());
      expect(choice.chosen).toMatchObject({ axes: { method: 'a' }, score: 'far' });
      const text = choiceLines({ choice, sources: [], leftOut: [] }).join('\n');
      expect(text).toContain('Not chosen from: method = b (far).');
    });

    it('is refused where nothing can be compared', () => {
      const runs = [
        compared({ refiner: 'no' }, { far: orders.good }, learning('far', ['far'])),
        compared({ refiner: 'yes' }, { fused: orders.good }, learning('fused', ['fused'])),
      ];
      expect(() => chooseRun(runs, 'axes', plainDraws())).toThrow(
        'expected scores to choose from that learned alike, got none',
      );
    });
  });

  it('compares over the seeds that all combinations have, as some are luckier than others', () => {
    const auc = (value: number) => ({ scores: { fused: { auc: value, ap: 0.5 } } });
    const runs = [
      compared({ k: 2, seed: 0 }, { fused: orders.perfect }, auc(0.75)),
      compared({ k: 2, seed: 1 }, { fused: orders.chance }, auc(0.25)),
      compared({ k: 3, seed: 0 }, { fused: orders.good }, auc(0.5)),
    ];
    const choice = chooseRun(runs, 'axes', plainDraws());
    // Over all seeds k = 2 would have 3/4, k = 3 21/24.
    expect(choice.chosen).toMatchObject({ axes: { k: 2 }, labelFree: { mean: 1, n: 1 }, byLabels: 0.75 });
    expect(choice.seeds).toEqual({ compared: [0], leftOut: [1] });
    expect(choiceLines({ choice, sources: [], leftOut: [] })[1]).toBe(
      'Compared over the seeds of which every combination has a finished run: 0; without 1.',
    );
    expect(() => chooseRun(runs.slice(1), 'axes', plainDraws())).toThrow(
      'expected a seed of which all combinations have a finished run, got none: k = 2 has 1; k = 3 has 0',
    );
  });

  it('draws patients with all of their images where they are known', () => {
    const runs = [compared({ k: 2 }, { fused: orders.perfect }), compared({ k: 3 }, { fused: orders.good })];
    // The two lowest unlabeled images of k = 3 are of one patient: whether it is drawn is all the difference.
    const patients = [1, 1, 1, 1, 2, 3, 3, 2, 2, 2];
    const choice = chooseRun(
      runs,
      'axes',
      { resamples: 4, confidence: 0.95, integer: alternately() },
      patients,
    );
    expect(choice.bootstrap).toMatchObject({ by: 'patient', units: 3 });
    // Of units 2 and 3 the draws are 2 2, 3 3, 2 2, 3 3: alike, and all of the pairs lost twice.
    expect(choice.chosen.standing!.probability).toBeCloseTo(0.75, 12);
    const text = choiceLines({ choice, sources: [], leftOut: [] }).join('\n');
    expect(text).toContain("of 4 resamples of these images' 3 patients");
  });

  it('takes seeds for repetitions of one candidate', () => {
    const runs = [
      compared({ k: 2, seed: 0 }, { fused: orders.perfect }),
      compared({ k: 2, seed: 1 }, { fused: orders.chance }),
      compared({ k: 3, seed: 0 }, { fused: orders.good }),
      compared({ k: 3, seed: 1 }, { fused: orders.good }),
    ];
    const { chosen, others } = chooseRun(runs, 'axes', plainDraws());
    expect(chosen).toMatchObject({ axes: { k: 3 }, runs: [1, 1], labelFree: { mean: 0.875, std: 0, n: 2 } });
    // 1 and 1/2: mean 3/4, deviation √(2 · (1/4)²).
    expect(others).toMatchObject([{ axes: { k: 2 }, labelFree: { mean: 0.75, n: 2 } }]);
    expect(others[0]!.labelFree.std).toBeCloseTo(Math.SQRT1_2 / 2, 12);
  });

  it('does not read labels, and says what they would have said', () => {
    const labelled = (auc: number): Partial<RunResult> => ({ scores: { fused: { auc, ap: 0.5 } } });
    const runs = [
      compared({ k: 2 }, { fused: orders.good }, labelled(0.875)),
      compared({ k: 3 }, { fused: orders.perfect }, labelled(0.75)),
    ];
    const { chosen, regret } = chooseRun(runs, 'axes', plainDraws());
    expect(chosen).toMatchObject({ axes: { k: 3 }, byLabels: 0.75 });
    expect(regret).toEqual({ chosen: 0.75, best: 0.875, regret: 0.125, axes: { k: 2 }, score: 'fused' });
  });

  it('resamples the first fifty alone, and names a few of many that are alike', () => {
    const runs = Array.from({ length: mostCompared + 2 }, (_, k) => compared({ k }, { fused: orders.good }));
    const { others, bootstrap } = chooseRun(runs, 'axes', plainDraws());
    expect(bootstrap.compared).toBe(mostCompared);
    expect(others.filter(({ standing }) => standing === null)).toHaveLength(2);
    const lines = choiceLines({ choice: chooseRun(runs, 'axes', plainDraws()), sources: [], leftOut: [] });
    expect(lines[1]).toMatch(
      /^It is the best of 52, of which the first 50 were resampled in 2\.0 % of 5 resamples/,
    );
    expect(lines[2]).toMatch(/: k = 1 \(fused\); .*; k = 8 \(fused\); and 41 more\.$/);
  });

  it('is refused of runs whose images differ', () => {
    const other = compared({ k: 3 }, { fused: orders.good });
    other.reference = { ...other.reference, selection: {} };
    const runs = [compared({ k: 2 }, { fused: orders.good }), other];
    expect(() => chooseRun(runs, 'axes', plainDraws())).toThrow(
      'expected runs with scores of the same images, but k = 2 has {"dataset":"brain",',
    );
    const digest = (letter: string) => ({ datasetDigest: letter.repeat(64), imageSize: 16 });
    const added = [
      compared({ k: 2 }, { fused: orders.good }, digest('a')),
      compared({ k: 3 }, { fused: orders.good }, digest('b')),
    ];
    expect(() => chooseRun(added, 'axes', plainDraws())).toThrow(
      'expected runs with scores of the same images, but dataset brain was added anew between k = 2 and k = 3',
    );
    added[1]!.result.imageSize = 32;
    expect(chooseRun(added, 'axes', plainDraws()).others).toHaveLength(1);
    expect(() => chooseRun([], 'axes', plainDraws())).toThrow('expected runs to choose from, got none');
    expect(() => chooseRun([compared({}, {})], 'axes', plainDraws())).toThrow('expected');
  });
});

describe('what tells images apart by their source', () => {
  it('counts where it is much and more than chance', () => {
    const of = 'contrast';
    const over = 'pixels';
    const many = { normal: 100, unlabeled: 1000 };
    expect(sourceDifference({ of, over, auc: 0.65 }, many)).toEqual({
      of,
      over,
      auc: 0.65,
      differs: true,
    });
    expect(sourceDifference({ of, over, auc: 0.59 }, many).differs).toBe(false);
    // With 10 and 10 images chance alone reaches 0.5 + 1.96 · √(21 / 1200) = 0.759.
    const few = { normal: 10, unlabeled: 10 };
    expect(sourceDifference({ of, over, auc: 0.75 }, few).differs).toBe(false);
    expect(sourceDifference({ of, over, auc: 0.77 }, few).differs).toBe(true);
  });
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

async function publish(kind: string, spec: object, files: Record<string, Buffer | string>): Promise<string> {
  const key = artifactKey(spec);
  const paths: Record<string, string> = {};
  for (const [name, content] of Object.entries(files)) {
    paths[name] = join(directory, `${key}-${name}`);
    await writeFile(paths[name], content);
  }
  await publishArtifact(store, {
    kind,
    key,
    spec,
    files: paths,
    loss: null,
    seconds: 1,
    worker: 's',
    environment: {},
  });
  return key;
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
    const key = await publish(kind, { number, score }, { scores: encodeSafetensors(tensors) });
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
  const key = await publish(evaluationKind.kind, spec, { evaluation: '{}' });
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
