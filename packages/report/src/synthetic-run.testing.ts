import {
  auc,
  averagePrecision,
  imageStrata,
  reduceMaps,
  SeparationBootstrap,
  scoreHistogram,
} from '@ddad/anomaly';
import {
  type MemberResult,
  type RunResult,
  reducedName,
  reductions,
  type ScoreDefinition,
  withReductions,
} from '@ddad/contract';
import { methods } from '@ddad/methods';
import type { HeatMaps, ReportArtifact, ReportData, TestImages } from './report-data.ts';

export interface SyntheticRun {
  normal: number;
  abnormal: number;
  side?: number;
  k?: number;
  epochs?: number;
  /** Nobody knows the test images' labels. */
  unlabeledTest?: boolean;
  oneClass?: boolean;
  /** Every map gives what it gives beside its mean, as in runs of today. */
  reduced?: boolean;
}

/** A run's data with test images, and the values that lie behind them. */
export interface SyntheticData extends ReportData {
  test: TestImages;
  /** [T, side, side] by score. */
  maps: Record<string, Float32Array>;
}

/** Reproducible numbers in 0..1; a linear congruential generator is random enough for pictures. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Heat maps that lie in memory. @param values [T, side, side] */
export function heatMapsOf(values: Float32Array, side: number): HeatMaps {
  const area = side * side;
  return {
    shape: [values.length / area, side, side],
    read: async (first, images) => values.slice(first * area, (first + images) * area),
  };
}

/** A finished run of ddad with made-up images: discs, in abnormal ones with a bright spot that the maps mostly find. */
export function syntheticRun(options: SyntheticRun): SyntheticData {
  const {
    normal,
    abnormal,
    side = 64,
    k = 3,
    epochs = 20,
    unlabeledTest = false,
    oneClass = false,
    reduced = false,
  } = options;
  const next = numbers(7);
  const parsed = methods.parseRunInput({
    dataset: 'discs',
    k,
    epochs,
    ...(oneClass ? { unlabeled: 0 } : {}),
  });
  if ('faults' in parsed) throw new Error(parsed.faults[0]?.message);
  const method = methods.method(parsed.input.method);
  // Six scores, as runs had before there was a seventh: what pages make of one they make of each.
  const own = method.scores(parsed.input).filter(({ name }) => name !== 'dsu');
  const definitions = reduced ? withReductions(own) : own;
  const facts = method.facts(parsed.input);
  const labels = Array.from({ length: normal + abnormal }, (_, image): 0 | 1 => (image < normal ? 0 : 1));
  const names = own
    .filter(({ map, name }) => map && (!oneClass || !['aInter', 'rDual'].includes(name)))
    .map(({ name }) => name);
  const { maps, ...found } = inventedImages(labels, side, names, next);
  if (reduced) Object.assign(found.scores, reducedScores(maps, side));
  const test: TestImages = {
    ...found,
    labels: unlabeledTest ? null : labels,
    maps: Object.fromEntries(Object.entries(maps).map(([name, values]) => [name, heatMapsOf(values, side)])),
  };
  const members = (oneClass ? ['ndm'] : ['ndm', 'udm']).flatMap((role) =>
    Array.from(
      { length: k },
      (_, index): MemberResult => ({
        role,
        index,
        seed: Math.floor(next() * 2 ** 48),
        key: `${role}${index}`.padEnd(64, '0'),
        trainer: `trainer-${index}`,
        seconds: 61.5 + index,
        loss: 0.02 + 0.01 * next(),
        reused: index === 1,
        restarts: index === 2 ? 1 : 0,
      }),
    ),
  );
  const result: RunResult = {
    runId: '01234567-89ab-7cde-8f01-23456789abcd',
    dataset: 'discs',
    synthetic: true,
    method: method.name,
    ...facts,
    definitions,
    seed: 0,
    scores: null,
    members,
    artifacts: { maps: keyOf('a'), rIntra: keyOf('b'), rDual: oneClass ? null : keyOf('c') },
    seconds: { plan: 1, train: 200, maps: 8, refine: 90, report: 0, total: 301 },
    files: { report: 'reports/r/report.json', page: 'reports/r/report.html', scores: 'reports/r/scores.csv' },
  };
  if (!unlabeledTest) {
    addScores(result, definitions, test, labels);
    if (k >= 3) result.kCurve = inventedCurve(k, oneClass);
  }
  const trained = { epochs, recipe: 1 };
  return {
    result,
    definitions,
    heading: { title: method.title, run: method.describe(facts) },
    input: parsed.input,
    datasetDigest: 'e'.repeat(64),
    trainsOnUnlabeled: !oneClass,
    roles: { ...method.roles },
    stages: ['train', 'maps', 'refine'],
    artifacts: [
      ...members.map(({ key, role, index, seed, loss, seconds }) => ({
        ...madeUp({ kind: 'members', key, seconds, loss: loss ?? 0, ...trained }),
        id: `member ${role} ${index}`,
        member: { role, index, seed },
      })),
      { ...madeUp({ kind: 'maps', key: keyOf('a'), seconds: 8, ...trained }), id: 'maps', artifact: 'maps' },
      ...(oneClass
        ? []
        : [
            {
              ...madeUp({ kind: 'refiners', key: keyOf('c'), seconds: 60, loss: 0.03, ...trained }),
              id: 'refiner dual',
              artifact: 'rDual',
            },
          ]),
      {
        ...madeUp({ kind: 'refiners', key: keyOf('b'), seconds: 50, loss: 0.04, ...trained }),
        id: 'refiner intra',
        artifact: 'rIntra',
      },
    ],
    test,
    maps,
  };
}

/** As a run works them out from its maps, if every image were of a middle grey. */
function reducedScores(maps: Readonly<Record<string, Float32Array>>, side: number) {
  const entries = Object.entries(maps).flatMap(([name, values]) => {
    const each = reduceMaps(values, new Uint8Array(values.length).fill(128), values.length / side ** 2);
    return reductions.map((reduction) => [
      reducedName(name, reduction),
      Float32Array.from(each, (found) => found[reduction]),
    ]);
  });
  return Object.fromEntries(entries);
}

const keyOf = (letter: string) => letter.repeat(64);

function madeUp(made: {
  kind: string;
  key: string;
  seconds: number;
  recipe: number;
  epochs: number;
  loss?: number;
}): Omit<ReportArtifact, 'id'> {
  const { kind, key, seconds, recipe, epochs, loss } = made;
  return {
    kind,
    key,
    spec: { recipe, imagesDigest: 'd'.repeat(64) },
    files: { weights: { sha256: key, bytes: 17_988_504 } },
    seconds,
    worker: 'trainer-0',
    finishedAt: '2026-01-02T03:04:05.000Z',
    environment: { device: 'cpu', processor: 'Test Processor', threads: 1, tensorflow: '2.21.0' },
    ...(loss === undefined
      ? {}
      : { history: Array.from({ length: epochs }, (_, epoch) => loss * (1 + 9 * Math.exp(-epoch / 4))) }),
  };
}

/** Better and closer together with every member. */
function inventedCurve(members: number, oneClass: boolean): NonNullable<RunResult['kCurve']> {
  return Array.from({ length: members }, (_, place) => {
    const k = place + 1;
    const at = (best: number) => ({
      auc: { mean: best - 0.1 / k, std: 0.02 * (1 - k / members) },
      ap: { mean: best - 0.15 / k, std: 0.03 * (1 - k / members) },
    });
    return {
      k,
      subsets: k === members ? 1 : Math.min(100, members * k),
      scores: {
        recEnsemble: at(0.82),
        ...(k >= 2 ? { aIntra: at(0.6) } : {}),
        ...(oneClass ? {} : { aInter: at(0.86) }),
      },
    };
  });
}

function inventedImages(
  labels: readonly (0 | 1)[],
  side: number,
  names: readonly string[],
  next: () => number,
): Pick<TestImages, 'copies' | 'scores' | 'side' | 'pixels'> & Pick<SyntheticData, 'maps'> {
  const area = side * side;
  const all = new Uint8Array(labels.length * area);
  const maps = Object.fromEntries(names.map((name) => [name, new Float32Array(labels.length * area)]));
  const levels = Object.values(maps);
  const scores = Object.fromEntries(['rec', ...names].map((name) => [name, new Float32Array(labels.length)]));
  labels.forEach((label, image) => {
    const [x0, y0] = [side * (0.3 + 0.4 * next()), side * (0.3 + 0.4 * next())];
    // Some abnormal images show little, some normal ones look odd: scores that overlap.
    const strength = label === 1 ? 0.05 + 0.95 * next() : Math.max(0, 1.2 * next() - 0.8);
    for (let at = 0; at < area; at += 1) {
      const [x, y] = [at % side, Math.floor(at / side)];
      const disc = Math.hypot(x - side / 2, y - side / 2) < side * 0.42 ? 1 : 0;
      const spot = strength * Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (side * 0.7));
      all[image * area + at] = Math.min(255, 90 * disc + 40 * disc * next() + 120 * spot);
      levels.forEach((map, level) => {
        map[image * area + at] = (0.2 / (level + 1)) * disc * next() + spot * 0.1 * (level + 1);
      });
    }
    for (const name of names) {
      const map = maps[name]!.subarray(image * area, (image + 1) * area);
      scores[name]!.set([map.reduce((sum, value) => sum + value, 0) / area], image);
    }
    scores.rec!.set([scores.recEnsemble![image]! * (0.9 + 0.2 * next())], image);
  });
  return {
    copies: labels.map((_label, image) => image % 7 === 3),
    scores,
    side,
    pixels: async (images) =>
      Uint8Array.from(images.flatMap((image) => [...all.subarray(image * area, (image + 1) * area)])),
    maps,
  };
}

function addScores(
  result: RunResult,
  definitions: readonly ScoreDefinition[],
  { copies, scores }: TestImages,
  labels: readonly (0 | 1)[],
): void {
  const present = definitions.flatMap(({ name }) => {
    const values = scores[name];
    return values === undefined ? [] : [{ name, values }];
  });
  const separations = (keep: readonly number[]): NonNullable<RunResult['scores']> => {
    const kept = keep.map((image) => labels[image]!);
    const entries = present.map(({ name, values }) => {
      const picked = keep.map((image) => values[image]!);
      const found = { auc: auc(picked, kept), ap: averagePrecision(picked, kept) };
      return [name, name === 'rec' ? { ...found, aucMean: found.auc, aucStd: 0.0125 } : found] as const;
    });
    return Object.fromEntries(entries);
  };
  const all = labels.map((_label, image) => image);
  const clean = all.filter((image) => !copies[image]);
  const next = numbers(11);
  const settings = { resamples: 50, confidence: 0.95 };
  const bootstrap = new SeparationBootstrap(
    present.map(({ name, values }) => [name, values] as const),
    labels,
    imageStrata(labels),
    { ...settings, integer: (below) => Math.floor(next() * below) },
  );
  bootstrap.draw(settings.resamples);
  const intervals = bootstrap.intervals();
  result.scores = Object.fromEntries(
    Object.entries(separations(all)).map(([name, found]) => [name, { ...found, ...intervals.get(name) }]),
  );
  result.intervals = { ...settings, by: 'image', units: all.length };
  result.withoutCopies = { images: clean.length, scores: separations(clean) };
  result.histogramDistance = Object.fromEntries(
    present.map(({ name, values }) => [name, scoreHistogram(values, labels).distance]),
  );
}
