import type { AxisValues, RunResult, ScoreDefinition } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { inventedResult } from '../../invented-method.testing.ts';
import { choiceLines } from './choice-text.ts';
import { type ComparedRun, chooseRun, mostCompared } from './choose-run.ts';
import { images, orders, type Scores } from './orders.testing.ts';

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
