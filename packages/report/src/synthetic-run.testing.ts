import { auc, averagePrecision, scoreHistogram } from '@ddad/anomaly';
import { type MemberResult, parseRunInput, type RunResult, type ScoreName, scoreNames } from '@ddad/contract';
import { type ArtifactFacts, mapNames, type ReportData, type TestImages } from './report-data.ts';

export interface SyntheticRun {
  normal: number;
  abnormal: number;
  side?: number;
  k?: number;
  epochs?: number;
  /** Nobody knows the test images' labels. */
  unlabeledTest?: boolean;
  oneClass?: boolean;
}

/** Reproducible numbers in 0..1; a linear congruential generator is random enough for pictures. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A finished run with made-up images: discs, in abnormal ones with a bright spot that the maps mostly find. */
export function syntheticRun(options: SyntheticRun): ReportData {
  const {
    normal,
    abnormal,
    side = 64,
    k = 3,
    epochs = 20,
    unlabeledTest = false,
    oneClass = false,
  } = options;
  const next = numbers(7);
  const parsed = parseRunInput({ dataset: 'discs', k, epochs, ...(oneClass ? { unlabeled: 0 } : {}) });
  if ('faults' in parsed) throw new Error(parsed.faults[0]!.message);
  const labels = Array.from({ length: normal + abnormal }, (_, image): 0 | 1 => (image < normal ? 0 : 1));
  const test = testImages(labels, side, next, oneClass);
  const members = (oneClass ? (['ndm'] as const) : (['ndm', 'udm'] as const)).flatMap((role) =>
    Array.from({ length: k }, (_, index): MemberResult => {
      const key = `${role}${index}`.padEnd(64, '0');
      const loss = 0.02 + 0.01 * next();
      return {
        role,
        index,
        seed: Math.floor(next() * 2 ** 48),
        key,
        trainer: `trainer-${index}`,
        seconds: 61.5 + index,
        loss,
        reused: index === 1,
        restarts: index === 2 ? 1 : 0,
      };
    }),
  );
  const facts = (key: string, loss: number, seconds: number): ArtifactFacts => ({
    key,
    spec: { recipe: 1, imagesDigest: 'd'.repeat(64) },
    files: { weights: { sha256: key, bytes: 17_988_504 } },
    seconds,
    worker: 'trainer-0',
    finishedAt: '2026-01-02T03:04:05.000Z',
    environment: { device: 'cpu', processor: 'Test Processor', threads: 1, tensorflow: '2.21.0' },
    history: Array.from({ length: epochs }, (_, epoch) => loss * (1 + 9 * Math.exp(-epoch / 4))),
  });
  const result: RunResult = {
    runId: '01234567-89ab-7cde-8f01-23456789abcd',
    dataset: 'discs',
    synthetic: true,
    backbone: 'ae',
    k,
    seed: 0,
    scores: null,
    members,
    artifacts: { maps: 'a'.repeat(64), rIntra: 'b'.repeat(64), rDual: oneClass ? null : 'c'.repeat(64) },
    seconds: { plan: 1, train: 200, maps: 8, refine: 90, report: 0, total: 301 },
    files: { report: 'reports/r/report.json', page: 'reports/r/report.html', scores: 'reports/r/scores.csv' },
  };
  if (!unlabeledTest) {
    addScores(result, test, labels);
    if (k >= 3) result.kCurve = inventedCurve(k, oneClass);
  }
  return {
    result,
    input: { ...parsed.input, k },
    datasetDigest: 'e'.repeat(64),
    members: members.map(({ key, loss, seconds }) => facts(key, loss, seconds)),
    refiners: {
      rIntra: facts('b'.repeat(64), 0.04, 50),
      ...(oneClass ? {} : { rDual: facts('c'.repeat(64), 0.03, 60) }),
    },
    others: { maps: facts('a'.repeat(64), 1, 8) },
    test: { ...test, labels: unlabeledTest ? null : labels },
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

function testImages(
  labels: readonly (0 | 1)[],
  side: number,
  next: () => number,
  oneClass: boolean,
): TestImages {
  const area = side * side;
  const pixels = new Uint8Array(labels.length * area);
  const names = mapNames.filter((name) => !oneClass || (name !== 'aInter' && name !== 'rDual'));
  const maps: TestImages['maps'] = {};
  const scores: Partial<Record<ScoreName, Float32Array>> = {};
  for (const name of names) maps[name] = new Float32Array(labels.length * area);
  for (const name of ['rec', ...names] as const) scores[name] = new Float32Array(labels.length);
  labels.forEach((label, image) => {
    const [x0, y0] = [side * (0.3 + 0.4 * next()), side * (0.3 + 0.4 * next())];
    // Some abnormal images show little, some normal ones look odd: scores that overlap.
    const strength = label === 1 ? 0.05 + 0.95 * next() : Math.max(0, 1.2 * next() - 0.8);
    for (let at = 0; at < area; at += 1) {
      const [x, y] = [at % side, Math.floor(at / side)];
      const disc = Math.hypot(x - side / 2, y - side / 2) < side * 0.42 ? 1 : 0;
      const spot = strength * Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (side * 0.7));
      pixels[image * area + at] = Math.min(255, 90 * disc + 40 * disc * next() + 120 * spot);
      names.forEach((name, level) => {
        maps[name]![image * area + at] = (0.2 / (level + 1)) * disc * next() + spot * 0.1 * (level + 1);
      });
    }
    for (const name of names) {
      const map = maps[name]!.subarray(image * area, (image + 1) * area);
      scores[name]![image] = map.reduce((sum, value) => sum + value, 0) / area;
    }
    scores.rec![image] = scores.recEnsemble![image]! * (0.9 + 0.2 * next());
  });
  return { labels, copies: labels.map((_label, image) => image % 7 === 3), scores, side, pixels, maps };
}

function addScores(result: RunResult, { copies, scores }: TestImages, labels: readonly (0 | 1)[]): void {
  const separations = (keep: readonly number[]): RunResult['scores'] => {
    const kept = keep.map((image) => labels[image]!);
    const entries = scoreNames.flatMap((name) => {
      const values = scores[name];
      if (values === undefined) return [];
      const picked = keep.map((image) => values[image]!);
      return [[name, { auc: auc(picked, kept), ap: averagePrecision(picked, kept) }] as const];
    });
    const found = Object.fromEntries(entries) as NonNullable<RunResult['scores']>;
    return { ...found, rec: { ...found.rec, aucMean: found.rec.auc, aucStd: 0.0125 } };
  };
  const all = labels.map((_label, image) => image);
  const clean = all.filter((image) => !copies[image]);
  result.scores = separations(all);
  result.withoutCopies = { images: clean.length, scores: separations(clean) };
  result.histogramDistance = {};
  for (const name of scoreNames) {
    const values = scores[name];
    if (values !== undefined) result.histogramDistance[name] = scoreHistogram(values, labels).distance;
  }
}
