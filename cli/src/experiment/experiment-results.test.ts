import type { AxisValues, KCurvePoint, RunResult, RunScores } from '@ddad/contract';
import { type ExperimentTable, MethodRegistry } from '@ddad/methods';
import { describe, expect, it } from 'vitest';
import { entry as inventedEntry, inventedMethods, inventedResult } from '../invented-method.testing.ts';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { layoutFaults, layoutFiles, offeredTables } from './layouts.ts';
import { resultsCsv } from './results-csv.ts';
import { resultsMarkdown } from './results-markdown.ts';

const separation = (auc: number) => ({ auc, ap: auc - 0.125 });

/** Scores that differ by a tenth each, from the one given on. */
function scores(near: number): RunScores {
  return {
    near: { ...separation(near), aucMean: near, aucStd: 0.0625 },
    far: separation(near + 0.1),
    fused: separation(near + 0.2),
  };
}

function outcome(...runs: { axes: AxisValues; result: Partial<RunResult> }[]): ExperimentOutcome {
  const finished = runs.map(
    ({ axes, result }, place): FinishedRun => ({
      number: place + 1,
      axes,
      workflowId: `x-0${place + 1}`,
      result: inventedResult({ scores: scores(0.5), ...result }),
    }),
  );
  return {
    axes: Object.keys(runs[0]?.axes ?? {}),
    runs: finished,
    experiment: {
      experimentId: 'e',
      runs: finished.map(({ axes, workflowId }) => ({ axes, workflowId, runId: 'r', report: 'k' })),
      artifacts: {
        'trained-students': { made: 9, naive: 12 },
        'scored-sums': { made: 2, naive: 3 },
      },
      seconds: 61,
      files: { experiment: 'experiments/e/experiment.json' },
    },
  };
}

const curve: KCurvePoint[] = [
  { k: 1, subsets: 3, scores: { fused: { auc: { mean: 0.6, std: 0.01 }, ap: { mean: 0.5, std: 0.01 } } } },
  { k: 2, subsets: 3, scores: { fused: { auc: { mean: 0.7, std: 0.02 }, ap: { mean: 0.65, std: 0.03 } } } },
];

const pixelTruth = {
  images: { normal: 3, masked: 2, withoutMask: 1 },
  falsePositiveRate: 0.05,
  scores: {
    far: {
      auroc: 0.9375,
      ap: 0.5,
      aupro: 0.75,
      bestDice: 0.625,
      bestThreshold: 1,
      threshold: 2,
      diceAtThreshold: 0.25,
    },
    fused: { auroc: 0.5, ap: 0.125, aupro: 0.25, bestDice: 0.375, bestThreshold: 1 },
  },
};

describe('results.csv', () => {
  it('has figures of pixels, with columns of their own, where any run was compared with masks', () => {
    const made = outcome(
      { axes: { seed: 0 }, result: { pixelTruth } },
      { axes: { seed: 1 }, result: { scores: null, pixelTruth } },
    );
    const lines = resultsCsv(made).trimEnd().split('\n');
    expect(lines[0]).toBe('run,seed,of,score,k,auc,auc_std,ap,ap_std,aupro,best_dice,dice_at_threshold');
    expect(lines[1]).toBe('1,0,run,near,3,0.5,,0.375,,,,');
    const far = 'pixels,far,3,0.9375,,0.5,,0.75,0.625,0.25';
    const fused = 'pixels,fused,3,0.5,,0.125,,0.25,0.375,';
    expect(lines.filter((line) => line.includes('pixels'))).toEqual([
      `1,0,${far}`,
      `1,0,${fused}`,
      `2,1,${far}`,
      `2,1,${fused}`,
    ]);
  });

  it('holds every figure in long form, in full', () => {
    const made = outcome({ axes: { rule: 'x', 'a.b': 5 }, result: { kCurve: curve } });
    const lines = resultsCsv(made).trimEnd().split('\n');
    expect(lines).toEqual([
      'run,rule,a.b,of,score,k,auc,auc_std,ap,ap_std',
      '1,x,5,run,near,3,0.5,,0.375,',
      '1,x,5,run,far,3,0.6,,0.475,',
      '1,x,5,run,fused,3,0.7,,0.575,',
      '1,x,5,members,near,1,0.5,0.0625,,',
      '1,x,5,subsets,fused,1,0.6,0.01,0.5,0.01',
      '1,x,5,subsets,fused,2,0.7,0.02,0.65,0.03',
    ]);
  });

  it('names label-free figures as such, also where the test images have no labels', () => {
    const labelFree = {
      images: { unlabeled: 5, heldOut: 20 },
      scores: { near: { auc: 0.625, heldOutMean: 0.1 }, far: { auc: null, heldOutMean: 0.1 } },
    };
    const lines = (result: Partial<RunResult>) =>
      resultsCsv(outcome({ axes: { seed: 0 }, result: { labelFree, ...result } }))
        .trimEnd()
        .split('\n');
    expect(lines({}).at(-1)).toBe('1,0,label-free,near,3,0.625,,,');
    expect(lines({}).filter((line) => line.includes('label-free'))).toHaveLength(1);
    expect(lines({ scores: null })).toEqual([
      'run,seed,of,score,k,auc,auc_std,ap,ap_std',
      '1,0,label-free,near,3,0.625,,,',
    ]);
  });

  it('leaves K out of runs of a method that has none', () => {
    const { k: _, ...result } = inventedResult({ scores: { far: separation(0.5) } });
    const made = outcome({ axes: {}, result: {} });
    for (const run of made.runs) run.result = result;
    expect(resultsCsv(made).split('\n')[1]).toBe('1,run,far,,0.5,,0.375,');
  });

  it('counts the members that finished where some failed', () => {
    const made = outcome({
      axes: {},
      result: { kPerRole: { student: 2 }, scores: { far: separation(0.5) } },
    });
    expect(resultsCsv(made).split('\n')[1]).toBe('1,run,far,2,0.5,,0.375,');
  });

  it('quotes axis values that are objects', () => {
    const made = outcome({ axes: { a: { epochs: 1, batchSize: 2 } }, result: {} });
    expect(resultsCsv(made)).toContain('1,"{""epochs"":1,""batchSize"":2}",run,near,3,');
  });
});

describe('results.md', () => {
  it('has a table of pixels where runs were compared with masks, and none else', () => {
    const axes = { seed: 0 };
    const text = resultsMarkdown(
      inventedMethods,
      outcome({ axes, result: { pixelTruth } }, { axes, result: {} }),
      'x',
    );
    expect(text).toContain('Maps against masks: AUROC/AP/AUPRO/best Dice in percent.');
    expect(text).toContain('93.8/50.0/75.0/62.5');
    expect(resultsMarkdown(inventedMethods, outcome({ axes, result: {} }), 'x')).not.toContain('Pixels');
    const unlabelled = outcome({ axes, result: { scores: null, pixelTruth } });
    expect(resultsMarkdown(inventedMethods, unlabelled, 'x')).toContain('93.8/50.0/75.0/62.5');
  });

  it('has a line per run, and per value of an axis the mean over all else', () => {
    const made = outcome(
      { axes: { rule: 'x', seed: 0 }, result: { scores: scores(0.5) } },
      { axes: { rule: 'x', seed: 1 }, result: { scores: scores(0.6) } },
    );
    const text = resultsMarkdown(inventedMethods, made, 'x');
    expect(text).toContain('| 2 | x | 1 | 60.0/47.5 | 70.0/57.5 | 80.0/67.5 |');
    expect(text).toContain('| x | 2 | 55.0 ± 5.0 / 42.5 ± 5.0 |');
    expect(text).toContain(
      'Students trained: 9 of 12 that the runs would train if each trained its own (25.0 % saved).',
    );
  });

  it('tells what sharing saved of what is trained alone', () => {
    const text = resultsMarkdown(inventedMethods, outcome({ axes: {}, result: {} }), 'x');
    expect(text.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      '- Students trained: 9 of 12 that the runs would train if each trained its own (25.0 % saved).',
      '- Wall time: 1:01.',
    ]);
  });

  it('has columns for the scores of all methods', () => {
    const other = { name: 'odd', symbol: { letter: 'O', index: '' }, meaning: '', map: false, rank: 0 };
    const odd = { definitions: [other], scores: { odd: separation(0.75) } };
    const made = outcome({ axes: { seed: 0 }, result: {} }, { axes: { seed: 1 }, result: odd });
    const text = resultsMarkdown(inventedMethods, made, 'x');
    expect(text).toContain('| run | seed | near | far | fused | odd |');
    expect(text).toContain('| 2 | 1 | – | – | – | 75.0/62.5 |');
  });

  it('names the runs that failed', () => {
    const made = outcome({ axes: { seed: 0 }, result: {} });
    const failed = { axes: { seed: 1 }, workflowId: 'x-02', runId: 'r', report: null, failure: 'no disk' };
    made.experiment.runs.push(failed);
    expect(resultsMarkdown(inventedMethods, made, 'x')).toContain('- seed = 1 (`x-02`): no disk');
  });
});

describe('tables of papers', () => {
  const spread = (mean: number) => ({ mean, std: 0.01 });
  /** A table of the invented method's invented paper. */
  const invented: ExperimentTable = {
    title: 'all there is',
    lack: (axes) => (axes.includes('seed') ? null : 'expected an axis seed'),
    make: (runs) =>
      runs.length > 1
        ? {
            caption: 'In percent.',
            headings: ['what', 'a', 'b', 'c', 'd'],
            rows: [['x', separation(0.5), { share: 0.125 }, { auc: spread(0.5), ap: spread(0.25) }, null]],
          }
        : { missing: 'There is one run alone.' },
  };
  const { entries } = new MethodRegistry([{ ...inventedEntry, tables: { '12': invented, '3': invented } }]);
  const methods = new MethodRegistry(entries);
  const none = async () => [];
  const experiment = (axes: Record<string, unknown[]>) => {
    const parsed = methods.parseExperiment({ base: { dataset: 'a', method: 'distillation' }, axes });
    if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
    return parsed;
  };

  it('are offered in the order of their numbers', () => {
    expect(offeredTables(methods).map(([number]) => number)).toEqual(['3', '12']);
  });

  it('are written in Markdown, shares in percent', async () => {
    const made = outcome({ axes: { seed: 0 }, result: {} }, { axes: { seed: 1 }, result: {} });
    expect(await layoutFiles(methods, made, { tables: ['3'], figures: [] }, none)).toEqual([
      [
        'table-3.md',
        [
          '# Table 3',
          '',
          'In percent.',
          '',
          '| what | a | b | c | d |',
          '| --- | ---: | ---: | ---: | ---: |',
          '| x | 50.0/37.5 | 12.5 | 50.0/25.0 ± 1.0/1.0 | – |',
          '',
        ].join('\n'),
      ],
    ]);
  });

  it('say what is missing, and take runs of their own method alone', async () => {
    const made = outcome({ axes: {}, result: {} }, { axes: {}, result: { method: 'another' } });
    expect(await layoutFiles(methods, made, { tables: ['3'], figures: [] }, none)).toEqual([
      ['table-3.md', '# Table 3\n\nThere is one run alone.\n'],
    ]);
    const others = outcome({ axes: {}, result: { method: 'another' } });
    const [file] = await layoutFiles(methods, others, { tables: ['3'], figures: [] }, none);
    expect(file?.[1]).toContain('No run of the method whose table it is has finished.');
  });

  it('tell before anything is started what the experiment lacks for them', () => {
    const layouts = { tables: ['3', '12'], figures: ['6', '8'] } as const;
    const faults = layoutFaults(methods, experiment({ calibration: [0, 0.5] }), layouts);
    expect(faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      '--table 3: expected an axis seed',
      '--table 12: expected an axis seed',
      '--figure 6: expected an axis anomalousRate, as [0, 0.2, 0.4, 0.6, 0.8, 1], got calibration',
    ]);
    expect(layoutFaults(methods, experiment({ seed: [0, 1] }), { tables: ['3'], figures: [] })).toEqual([]);
  });

  it('are refused where no run has the method that offers them', () => {
    const other = { ...inventedEntry.method, name: 'other', kinds: [] };
    const both = new MethodRegistry([
      ...methods.entries,
      { method: other, makers: inventedEntry.makers, tables: { '7': invented } },
    ]);
    const faults = layoutFaults(both, experiment({ seed: [0, 1] }), { tables: ['7'], figures: [] });
    expect(faults).toEqual([
      {
        path: '--table 7',
        message: 'expected runs of other, whose paper has it, got runs of distillation',
      },
    ]);
  });
});
