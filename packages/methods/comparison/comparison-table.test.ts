import type { AxisValues, RunResult, ScoreDefinition } from '@ddad/contract';
import { expect, it } from 'vitest';
import type { TabledRun } from '../experiment-table.ts';
import { methods } from '../index.ts';
import { comparisonTables } from './comparison-table.ts';
import { published } from './published-systems.ts';

const separation = (auc: number, ap = auc - 0.125) => ({ auc, ap });

const definition = (name: string, rank: number): ScoreDefinition => ({
  name,
  symbol: { letter: 'A', index: '' },
  meaning: name,
  map: false,
  rank,
});

const resultWith = (changes: Partial<RunResult>): RunResult => ({
  runId: 'r',
  dataset: 'brain',
  synthetic: false,
  method: 'ae',
  seed: 0,
  scores: { rec: separation(0.75), recEnsemble: separation(0.9) },
  members: [],
  artifacts: {},
  seconds: { total: 1 },
  files: { report: 'reports/r/report.json', page: null, scores: null },
  ...changes,
});
const run = (axes: AxisValues, ...results: [Partial<RunResult>, ...Partial<RunResult>[]]): TabledRun => {
  const [first, ...others] = results;
  return { axes, results: [resultWith(first), ...others.map(resultWith)] };
};

const ownMethod = {
  entry: (name: string) =>
    name === 'own'
      ? { method: { ...methods.method('cutpaste'), title: 'A method of ours' } }
      : methods.entry(name),
};
const [table] = [comparisonTables(ownMethod)['2']!];

/** The table of runs. */
function made(runs: TabledRun[], dataset?: string) {
  const content = table.make(runs, dataset);
  if ('missing' in content) throw new Error(content.missing);
  return content;
}

it('has the paper’s rows in its order and groups, below them what it does not have, and says what is left out', () => {
  const ddad = { backbone: 'aeu', k: 5, scores: { rIntra: separation(0.8), rDual: separation(0.95) } };
  const runs = [
    run({ run: 'DDAD' }, { method: 'ddad', ...ddad }),
    run(
      { run: 'ours' },
      {
        method: 'own',
        scores: { a: separation(0.5), b: separation(0.6) },
        definitions: [definition('a', 0), definition('b', 2)],
      },
    ),
    run(
      { run: 'CutPaste' },
      {
        method: 'cutpaste',
        scores: { mahalanobis: separation(0.7) },
        deviations: ['size 64 instead of 256', 'no pretrained weights'],
      },
    ),
    run({ run: 'AE' }, {}),
  ];
  const { caption, headings, rows } = made(runs);
  expect(headings).toEqual(['unlabeled data', 'method', 'taxonomy', 'AUC', 'AP', 'differs from its source']);
  expect(rows).toEqual([
    ['no', 'AE', 'Rec.', { share: 0.75 }, { share: 0.625 }, null],
    [
      'no',
      'CutPaste (from scratch)',
      'Self-sup.+GDE',
      { share: 0.7 },
      { share: 0.575 },
      'size 64 instead of 256; no pretrained weights',
    ],
    ['no', 'DDAD (AE-U), R_intra', 'Ens.+Self-sup.', { share: 0.8 }, { share: 0.675 }, 'K 5 instead of 3'],
    ['yes', 'DDAD (AE-U), R_dual', 'Ens.+Self-sup.', { share: 0.95 }, { share: 0.825 }, 'K 5 instead of 3'],
    [null, 'A method of ours, b', null, { share: 0.6 }, { share: 0.475 }, null],
  ]);
  expect(caption).toContain('Without a run here: MemAE, Ganomaly, DRAEM, CutPaste (ImageNet-pretrained), ');
  expect(caption).not.toContain('Medical Image Analysis');
});

it('sets the paper’s figures beside where the experiment says whose images these are, and spreads over seeds', () => {
  const seeds = [0.5, 0.75, 1].map((auc) => ({ scores: { rec: separation(auc, 0.5) } }));
  const { caption, headings, rows } = made([run({ run: 'AE' }, seeds[0]!, ...seeds.slice(1))], 'brain');
  expect(headings.slice(5, 7)).toEqual(['published AUC', 'published AP']);
  expect(rows).toEqual([
    [
      'no',
      'AE',
      'Rec.',
      { share: { mean: 0.75, std: 0.25, n: 3 } },
      { share: { mean: 0.5, std: 0, n: 3 } },
      '79.7',
      '71.9',
      null,
    ],
  ]);
  expect(caption).toMatch(/Published: Brain MRI\. Cai.* Table 2/);
});

it('tells runs apart that fill none of the paper’s rows, and says that these are judged by our own main score', () => {
  const scores = { aInter: separation(0.75), aIntra: separation(0.5) };
  const definitions = [definition('aIntra', 0), definition('aInter', 1)];
  const without = (backbone: string) => run({ backbone }, { method: 'ddad', backbone, scores, definitions });
  const [ae, aeu] = [without('ae'), without('aeu')];
  const name = 'Dual-distribution discrepancy anomaly detection, aInter';
  const names = (runs: TabledRun[]) => made(runs).rows.map(([, cell]) => cell);
  expect(names([ae, aeu])).toEqual([`${name} (backbone = ae)`, `${name} (backbone = aeu)`]);
  expect(names([run({ run: 'AE' }, {}), ae])).toEqual(['AE', name]);
  const first = (runs: TabledRun[]) => made(runs).caption?.split('.')[0];
  expect(first([ae])).toBe('AUC and AP in percent, of the main score of each run, which is named');
  expect(first([run({}, {})])).toBe(
    'AUC and AP in percent, of the score that the source judges the system by',
  );
  expect(first([run({}, {}), ae])).toBe(
    'AUC and AP in percent, of the score that the source judges the system by; in the rows below the paper’s, of the run’s own main ' +
      'score, which is named',
  );
});

it('names the weights that a run was given: the paper’s row says ImageNet', () => {
  const differs = (result: Partial<RunResult>) => made([run({}, result)]).rows[0]?.at(-1);
  const given = { method: 'cutpaste', pretrained: 'noise', scores: { mahalanobis: separation(0.5) } };
  expect(differs(given)).toBe('weights noise');
  expect(differs({ ...given, pretrainedKey: '0123456789ab'.padEnd(64, 'c'), deviations: ['size 64'] })).toBe(
    'size 64; weights noise 0123456789ab',
  );
  expect(differs({ ...given, method: 'igd', scores: { igd: separation(0.5) } })).toBe('weights noise');
  const { pretrained: _, ...scratch } = given;
  expect(differs(scratch)).toBeNull();
});

it('tells runs of the same system apart, and has no rows where nothing was judged', () => {
  const pretrained = { method: 'cutpaste', pretrained: 'mine', scores: { mahalanobis: separation(0.5) } };
  const { rows } = made([run({ steps: 1 }, pretrained), run({ steps: 2 }, pretrained)]);
  expect(rows.map(([, name]) => name)).toEqual([
    'CutPaste (ImageNet-pretrained) (steps = 1)',
    'CutPaste (ImageNet-pretrained) (steps = 2)',
  ]);
  expect(table.make([run({}, { scores: null })])).toEqual({
    missing: 'No run has AUC and AP: the test images have no labels, or there are none.',
  });
});

it('has figures of all of the paper’s datasets for every system', () => {
  expect(new Set(published.rows.map(({ id }) => id)).size).toBe(23);
  for (const { figures } of published.rows)
    expect(Object.keys(figures)).toEqual(Object.keys(published.datasets));
  // Every row that a shipped method fills is one of the paper's.
  const facts = [{ backbone: 'ae' }, { backbone: 'aeu' }, { backbone: 'memae' }, { pretrained: 'x' }, {}];
  const ids = methods.entries.flatMap(({ method, comparedAs }) =>
    facts.flatMap((of) => comparedAs?.(resultWith({ method: method.name, ...of })) ?? []),
  );
  const known = published.rows.map(({ id }) => id);
  for (const { row } of ids.filter(({ row: id }) => !id.includes('undefined'))) expect(known).toContain(row);
});
