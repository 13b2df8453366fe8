import type { KCurvePoint, RunResult, RunScores } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { layoutFaults } from './layouts.ts';
import { table3, table4, table5, table6 } from './paper-tables.ts';
import { resultsCsv } from './results-csv.ts';
import { resultsMarkdown } from './results-markdown.ts';

const separation = (auc: number) => ({ auc, ap: auc - 0.125 });

/** Scores that differ by a tenth each, from the one given on. */
function scores(rec: number): RunScores {
  return {
    rec: { ...separation(rec), aucMean: rec, aucStd: 0.0625 },
    aIntra: separation(rec + 0.1),
    aInter: separation(rec + 0.2),
  };
}

function outcome(...runs: { axes: FinishedRun['axes']; result: Partial<RunResult> }[]): ExperimentOutcome {
  const finished = runs.map(({ axes, result }, place) => ({
    number: place + 1,
    axes,
    workflowId: `x-0${place + 1}`,
    result: { dataset: 'brain', backbone: 'ae', k: 3, scores: scores(0.5), ...result } as RunResult,
  }));
  return {
    axes: Object.keys(runs[0]!.axes),
    runs: finished,
    experiment: {
      experimentId: 'e',
      runs: finished.map(({ axes, workflowId }) => ({ axes, workflowId, runId: 'r', report: 'k' })),
      members: { made: 9, naive: 12 },
      refiners: { made: 0, naive: 0 },
      seconds: 61,
      files: { experiment: 'experiments/e/experiment.json' },
    },
  };
}

const curve: KCurvePoint[] = [
  { k: 1, subsets: 3, scores: { aInter: { auc: { mean: 0.6, std: 0.01 }, ap: { mean: 0.5, std: 0.01 } } } },
  { k: 2, subsets: 3, scores: { aInter: { auc: { mean: 0.7, std: 0.02 }, ap: { mean: 0.65, std: 0.03 } } } },
];

describe('results.csv', () => {
  it('holds every figure in long form, in full', () => {
    const made = outcome({ axes: { backbone: 'ae', 'refiner.epochs': 5 }, result: { kCurve: curve } });
    const lines = resultsCsv(made).trimEnd().split('\n');
    expect(lines).toEqual([
      'run,backbone,refiner.epochs,of,score,k,auc,auc_std,ap,ap_std',
      '1,ae,5,run,rec,3,0.5,,0.375,',
      '1,ae,5,run,aIntra,3,0.6,,0.475,',
      '1,ae,5,run,aInter,3,0.7,,0.575,',
      '1,ae,5,members,rec,1,0.5,0.0625,,',
      '1,ae,5,subsets,aInter,1,0.6,0.01,0.5,0.01',
      '1,ae,5,subsets,aInter,2,0.7,0.02,0.65,0.03',
    ]);
  });

  it('names label-free figures as such, also where the test images have no labels', () => {
    const labelFree = {
      images: { unlabeled: 5, heldOut: 20 },
      scores: { rec: { auc: 0.625, heldOutMean: 0.1 }, aIntra: { auc: null, heldOutMean: 0.1 } },
    };
    const lines = (result: Partial<RunResult>) =>
      resultsCsv(outcome({ axes: { seed: 0 }, result: { labelFree, ...result } }))
        .trimEnd()
        .split('\n');
    expect(lines({}).at(-1)).toBe('1,0,label-free,rec,3,0.625,,,');
    expect(lines({}).filter((line) => line.includes('label-free'))).toHaveLength(1);
    expect(lines({ scores: null })).toEqual([
      'run,seed,of,score,k,auc,auc_std,ap,ap_std',
      '1,0,label-free,rec,3,0.625,,,',
    ]);
  });

  it('quotes axis values that are objects', () => {
    const made = outcome({ axes: { refiner: { epochs: 1, batchSize: 2 } }, result: {} });
    expect(resultsCsv(made)).toContain('1,"{""epochs"":1,""batchSize"":2}",run,rec,3,');
  });
});

describe('results.md', () => {
  it('has a line per run, and per value of an axis the mean over all else', () => {
    const made = outcome(
      { axes: { backbone: 'ae', seed: 0 }, result: { scores: scores(0.5) } },
      { axes: { backbone: 'ae', seed: 1 }, result: { scores: scores(0.6) } },
    );
    const text = resultsMarkdown(made, 'x');
    expect(text).toContain('| 2 | ae | 1 | 60.0/47.5 | 70.0/57.5 | 80.0/67.5 |');
    expect(text).toContain('| ae | 2 | 55.0 ± 5.0 / 42.5 ± 5.0 |');
    expect(text).toContain(
      'Members trained: 9 of 12 that the runs would train if each trained its own (25.0 % saved).',
    );
  });

  it('names the runs that failed', () => {
    const made = outcome({ axes: { seed: 0 }, result: {} });
    const failed = { axes: { seed: 1 }, workflowId: 'x-02', runId: 'r', report: null, failure: 'no disk' };
    made.experiment.runs.push(failed);
    expect(resultsMarkdown(made, 'x')).toContain('- seed = 1 (`x-02`): no disk');
  });
});

describe('tables of the paper', () => {
  it('3: backbones and scores, a column for whatever else varies', () => {
    const made = outcome(
      { axes: { backbone: 'ae' }, result: {} },
      { axes: { backbone: 'aeu' }, result: { backbone: 'aeu', scores: scores(0.75) } },
    );
    expect(table3(made).split('\n').slice(2)).toEqual([
      '| backbone, score | brain |',
      '| --- | ---: |',
      '| AE rec | 50.0/37.5 |',
      '| AE aIntra | 60.0/47.5 |',
      '| AE aInter | 70.0/57.5 |',
      '| AE-U rec | 75.0/62.5 |',
      '| AE-U aIntra | 85.0/72.5 |',
      '| AE-U aInter | 95.0/82.5 |',
    ]);
  });

  it('4: seen and unseen pathologies of the pool; says what is missing where none are named', () => {
    const group = (kind: string, found: RunScores) => ({ pathologies: [kind], images: 7, scores: found });
    const byPool = { seen: group('cyst', scores(0.5)), unseen: group('mass', scores(0.25)), neither: 0 };
    const pathologies = { normals: 9, each: [], byRun: byPool, byPool, unnamed: 0 };
    const named = outcome({ axes: { anomalousRate: 0.5 }, result: { pathologies } });
    expect(table4(named)).toContain('| DDAD aInter | anomalousRate = 0.5 | 70.0/57.5 | 45.0/32.5 |');
    expect(table4(outcome({ axes: {}, result: {} }))).toMatch(
      /^No run has scores by pathology: .*labels\.csv/,
    );
  });

  it('5: ensemble sizes from two on', () => {
    const made = outcome({ axes: {}, result: { kCurve: curve } });
    expect(table5(made).split('\n').slice(2)).toEqual([
      '| backbone, score | K = 2 |',
      '| --- | ---: |',
      '| AE aInter | 70.0/65.0 ± 2.0/3.0 |',
    ]);
    expect(table5(outcome({ axes: {}, result: {} }))).toMatch(/^No run has a curve over k/);
  });

  it('6: estimates of uncertainty side by side', () => {
    const made = outcome(
      { axes: { uncertainty: 'dropout' }, result: {} },
      { axes: { uncertainty: 'ensemble' }, result: { scores: scores(0.25) } },
    );
    expect(table6(made).split('\n').slice(2)).toEqual([
      '| AE aInter | MC Dropout | 70.0 | 57.5 |',
      '| AE aInter | Deep Ensemble | 45.0 | 32.5 |',
      '| AE aIntra | MC Dropout | 60.0 | 47.5 |',
      '| AE aIntra | Deep Ensemble | 35.0 | 22.5 |',
    ]);
  });

  it('tell before anything is started what the experiment lacks for them', () => {
    const input = { base: { dataset: 'a', k: 2 }, axes: { seed: [0, 1] } };
    const faults = layoutFaults(input, { tables: ['3', '5', '6'], figures: ['6', '8'] });
    expect(faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "--table 5: expected runs of k from 3 on, whose subsets are the table's columns, got 2",
      '--table 6: expected an axis uncertainty, as ["ensemble", "dropout"], got seed',
      '--figure 6: expected an axis anomalousRate, as [0, 0.2, 0.4, 0.6, 0.8, 1], got seed',
    ]);
  });
});
