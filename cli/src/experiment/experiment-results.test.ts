import type { KCurvePoint, RunResult } from '@ddad/contract';
import type { ScoredImage } from '@ddad/report';
import { describe, expect, it } from 'vitest';
import { inventedMethods, inventedResult } from '../invented-method.testing.ts';
import { layoutFiles, outcome, scores, separation } from './outcome.testing.ts';
import { resultsCsv } from './results-csv.ts';
import { resultsMarkdown } from './results-markdown.ts';
import { spreadCsv } from './spread-csv.ts';

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
    const axes = { rule: 0 };
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
      { axes: { rule: 'x', size: 0 }, result: { scores: scores(0.5) } },
      { axes: { rule: 'x', size: 1 }, result: { scores: scores(0.6) } },
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
    const made = outcome({ axes: { rule: 0 }, result: {} }, { axes: { rule: 1 }, result: odd });
    const text = resultsMarkdown(inventedMethods, made, 'x');
    expect(text).toContain('| run | rule | near | far | fused | odd |');
    expect(text).toContain('| 2 | 1 | – | – | – | 75.0/62.5 |');
  });

  it('tells scores of several methods apart that have one name, in every table', () => {
    const residual = (index: string) => {
      return { name: 'residual', symbol: { letter: 'A', index }, meaning: `of ${index}`, map: true, rank: 0 };
    };
    const of = (method: string, auc: number) => ({
      method,
      definitions: [residual(method)],
      scores: { residual: separation(auc) },
      pixelTruth: { ...pixelTruth, scores: { residual: { ...pixelTruth.scores.fused, auroc: auc } } },
    });
    const made = outcome(
      ...['igd', 'ganomaly'].flatMap((method) =>
        [1, 2].map((epochs) => ({
          axes: { method, epochs },
          result: of(method, method === 'igd' ? 0.75 : 0.5),
        })),
      ),
    );
    const text = resultsMarkdown(inventedMethods, made, 'x');
    expect(text).toContain('| run | method | epochs | residual (igd) | residual (ganomaly) |');
    expect(text).toContain('| 1 | igd | 1 | 75.0/62.5 | – |');
    expect(text).toContain('| 3 | ganomaly | 1 | – | 50.0/37.5 |');
    // A mean over methods would be one of nothing.
    expect(text).toContain('| 1 | 2 | 75.0 ± 0.0 / 62.5 ± 0.0 | 50.0 ± 0.0 / 37.5 ± 0.0 |');
    expect(text).toContain('| 1 | igd | 1 | 75.0/12.5/25.0/37.5 | – |');
  });

  it('names the runs that failed', () => {
    const made = outcome({ axes: { seed: 0 }, result: {} });
    const failed = { axes: { seed: 1 }, workflowId: 'x-02', runId: 'r', report: null, failure: 'no disk' };
    made.experiment.runs.push(failed);
    expect(resultsMarkdown(inventedMethods, made, 'x')).toContain('- seed = 1 (`x-02`): no disk');
  });
});

describe('an experiment over seeds', () => {
  // Of 1/4, 1/2 and 3/4 the mean is 1/2, the deviation √((1/16 + 0 + 1/16) / 2) = 1/4.
  const made = outcome(
    ...['x', 'y'].flatMap((rule) =>
      [0.25, 0.5, 0.75].map((near, seed) => ({
        axes: { rule, seed },
        result: { scores: { near: separation(rule === 'x' ? near : near / 2) }, pixelTruth },
      })),
    ),
  );

  it('has a line for all seeds of a run, with mean and deviation by n − 1, and no table of seeds', () => {
    const text = resultsMarkdown(inventedMethods, made, 'e');
    expect(text).toContain(
      [
        'Means ± standard deviations (n − 1) over 3 seeds.',
        '',
        '| rule | seeds | near |',
        '| --- | ---: | ---: |',
        '| x | 3 | 50.0 ± 25.0 / 37.5 ± 25.0 |',
        '| y | 3 | 25.0 ± 12.5 / 12.5 ± 12.5 |',
      ].join('\n'),
    );
    expect(text).toContain('| x | 3 | 93.8/50.0/75.0/62.5 ± 0.0/0.0/0.0/0.0 |');
    expect(text).not.toContain('## rule');
    expect(text).not.toContain('## seed');
  });

  it('has tables of the other axes, whose deviations are over seeds alone', () => {
    const two = outcome(
      ...['x', 'y'].flatMap((rule) =>
        [1, 2].flatMap((size) =>
          [0, 1].map((seed) => ({
            axes: { rule, size, seed },
            // Of rule x over sizes 1 and 2: 0.375 with seed 0, 0.5 with seed 1; deviation 0.125 / √2 = 0.0884.
            result: { scores: { near: separation(0.25 + (size - 1) / 4 + seed / 8) } },
          })),
        ),
      ),
    );
    const text = resultsMarkdown(inventedMethods, two, 'e');
    expect(text).toContain('## rule\n\nMeans ± standard deviations (n − 1) over 2 seeds.');
    expect(text).toContain('| x | 4 | 43.8 ± 8.8 / 31.3 ± 8.8 |');
  });

  it('has figures of several methods in the order of each one’s own scores', async () => {
    const far = { name: 'far', symbol: { letter: 'D', index: '' }, meaning: 'far', map: true, rank: 0 };
    const near = { ...far, name: 'near' };
    const of = (method: string, definitions: RunResult['definitions']) => ({
      axes: { method, anomalousRate: 0 },
      result: { method, definitions, scores: { near: separation(0.5), far: separation(0.75) } },
    });
    const images: ScoredImage[] = [0, 1].map((label) => ({
      image: `${label}.png`,
      label: label as 0 | 1,
      scores: { near: label, far: label },
    }));
    const made = outcome(of('x', [near, far]), of('y', [far, near]));
    const [[, svg] = []] = await layoutFiles(
      inventedMethods,
      made,
      { tables: [], figures: ['8'] },
      async () => images,
    );
    const titles = [...svg!.matchAll(/method = (.), anomalousRate = 0, (\w+): χ²/g)].map(
      ([, m, n]) => `${m} ${n}`,
    );
    expect(titles).toEqual(['x near', 'x far', 'y far', 'y near']);
  });

  it('says where runs have fewer seeds, and a single one has no deviation', () => {
    const fewer = { ...made, runs: made.runs.slice(0, 4) };
    const text = resultsMarkdown(inventedMethods, fewer, 'e');
    expect(text).toContain('(n − 1) over 1 to 3 seeds.');
    expect(text).toContain('| y | 1 | 12.5 / 0.0 |');
  });

  it('compares the values of an axis over the same runs, and names those beside which one is missing', () => {
    // Rules do not matter, seeds do not: of size 1 all have 0.5, of size 2 0.75. Run 2 (x, 1, seed 1) failed.
    const all = ['x', 'y'].flatMap((rule) =>
      [1, 2].flatMap((size) =>
        [0, 1].map((seed) => ({
          axes: { rule, size, seed },
          result: { scores: { near: separation(0.25 + size / 4) } },
        })),
      ),
    );
    const whole = outcome(...all);
    const text = resultsMarkdown(inventedMethods, { ...whole, runs: whole.runs.toSpliced(1, 1) }, 'e');
    const [rules, sizes] = [text.slice(text.indexOf('## rule')), text.slice(text.indexOf('## size'))];
    expect(rules).toContain('Left out, as another value has no finished run beside: run 6.');
    expect(rules).toContain('| x | 3 | 68.8 ± 8.8 / 56.3 ± 8.8 |\n| y | 3 | 68.8 ± 8.8 / 56.3 ± 8.8 |');
    expect(sizes).toContain('Left out, as another value has no finished run beside: run 4.');
    expect(sizes).toContain('| 1 | 3 | 50.0 ± 0.0 / 37.5 ± 0.0 |\n| 2 | 3 | 75.0 ± 0.0 / 62.5 ± 0.0 |');
  });

  it('has scores that some values do not give over the runs that give them', () => {
    const made = outcome(
      ...[1, 2].flatMap((size) => [
        { axes: { rule: 'x', size }, result: { scores: { near: separation(0.5) } } },
        { axes: { rule: 'y', size }, result: { scores: { near: separation(0.5), far: separation(0.75) } } },
      ]),
    );
    const text = resultsMarkdown(inventedMethods, made, 'e');
    expect(text).toContain('| y | 2 | 50.0 ± 0.0 / 37.5 ± 0.0 | 75.0 ± 0.0 / 62.5 ± 0.0 |');
    expect(text).not.toContain('Left out');
  });

  it('has one line in its CSV for seeds of which fewer members finished', () => {
    const fewer = outcome(
      ...[0.25, 0.75].map((near, seed) => ({
        axes: { seed },
        result: { kPerRole: { student: 3 - seed }, scores: { near: separation(near) }, kCurve: curve },
      })),
    );
    const lines = spreadCsv(fewer)!.trimEnd().split('\n');
    expect(lines.slice(1)).toEqual([
      // Deviation √((1/16 + 1/16) / 1).
      `run,near,,0.5,${Math.sqrt(1 / 8)},2,0.375,${Math.sqrt(1 / 8)},2`,
      'subsets,fused,1,0.6,0,2,0.5,0,2',
      'subsets,fused,2,0.7,0,2,0.65,0,2',
    ]);
  });

  it('has a CSV of means, deviations and numbers, beside the one with every seed', () => {
    const lines = spreadCsv(made)!.trimEnd().split('\n');
    expect(lines[0]).toBe(
      'rule,of,score,k,auc_mean,auc_sd,auc_n,ap_mean,ap_sd,ap_n,aupro_mean,aupro_sd,aupro_n,' +
        'best_dice_mean,best_dice_sd,best_dice_n,dice_at_threshold_mean,dice_at_threshold_sd,dice_at_threshold_n',
    );
    expect(lines.slice(1, 3)).toEqual([
      'x,run,near,3,0.5,0.25,3,0.375,0.25,3,,,,,,,,,',
      'x,pixels,far,3,0.9375,0,3,0.5,0,3,0.75,0,3,0.625,0,3,0.25,0,3',
    ]);
    expect(resultsCsv(made)).toContain('2,x,1,run,near,3,0.5,,0.375,,,,');
    expect(spreadCsv(outcome({ axes: { rule: 'x' }, result: {} }))).toBeNull();
  });

  it('has figures of means, with bars, and of histograms with the spread of their distances', async () => {
    const rated = outcome(
      ...[0, 1].flatMap((anomalousRate) =>
        [0.25, 0.75].map((near, seed) => ({
          axes: { anomalousRate, seed },
          result: { scores: { near: separation(near) }, histogramDistance: { near: 20 + 2 * seed } },
        })),
      ),
    );
    const images: ScoredImage[] = [0, 1].map((label) => ({
      image: `${label}.png`,
      label: label as 0 | 1,
      scores: { near: label },
    }));
    const layouts = { tables: [], figures: ['6', '8'] as const };
    const files = new Map(await layoutFiles(inventedMethods, rated, layouts, async () => images));
    const rate = files.get('figure-6.svg')!;
    expect(rate).toContain('AUC, means over 2 seeds');
    // One line of means, with a bar of deviation at each rate.
    expect(rate.match(/data-mark="near"/g)).toHaveLength(2);
    expect(rate.match(/data-mark="near ±"/g)).toHaveLength(4);
    const histograms = files.get('figure-8.svg')!;
    // 20 and 22 have mean 21 and deviation √2.
    expect(histograms).toContain('anomalousRate = 0, seed = 0, near: χ² = 100.0 (21.0 ± 1.4 over 2 seeds)');
    expect(histograms).not.toContain('seed = 1');
  });
});
