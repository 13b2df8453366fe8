import { describe, expect, it } from 'vitest';
import { faultsIn as faults, settingsOf as settings } from '../run-input.testing.ts';

it('has a default for every field but the dataset', () => {
  expect(settings({})).toEqual({
    dataset: 'a',
    method: 'ddad',
    backbone: 'aeu',
    latentSize: 16,
    wideLayer: 2048,
    uncertainty: 'ensemble',
    k: 3,
    seed: 0,
    epochs: 250,
    batchSize: 64,
    learningRate: 5e-4,
    beta1: 0.5,
    precision: 'float32',
    recipe: 'steady',
    dsu: true,
    calibration: 0,
    refiner: { epochs: 40, batchSize: 8, learningRate: 1e-4, weightDecay: 1e-4, recipe: 'steady' },
  });
});

it('keeps defaults of nested fields that are left out', () => {
  const { refiner } = settings({ refiner: { epochs: 3 } });
  expect(refiner).toEqual({
    epochs: 3,
    batchSize: 8,
    learningRate: 1e-4,
    weightDecay: 1e-4,
    recipe: 'steady',
  });
});

it('members are trained by a recipe that has a name', () => {
  expect(settings({ recipe: 'paper' })).toMatchObject({ recipe: 'paper', refiner: { recipe: 'steady' } });
  expect(faults({ recipe: 2 })).toEqual([expect.stringMatching(/^recipe: .*"paper".*"steady".*got 2$/)]);
});

describe('ASR-Net', () => {
  it('may be left out, or have settings of its own', () => {
    expect(settings({ refiner: false })).toMatchObject({ refiner: false });
    expect(faults({ refiner: true })).toEqual(['refiner: expected false or object, got true']);
    expect(faults({ refiner: { epochs: 0, pace: 1 } })).toEqual([
      expect.stringMatching(/^refiner\.epochs: .*got 0$/),
      'refiner.pace: unknown field',
    ]);
  });

  it('is trained by a recipe that has a name', () => {
    const paper = settings({ refiner: { recipe: 'paper' } });
    expect(paper).toMatchObject({ refiner: { recipe: 'paper', epochs: 100 } });
    const longer = { recipe: 'paper', epochs: 200 };
    expect(settings({ refiner: longer })).toMatchObject({ refiner: longer });
    // What a run says of its input is an input, and of the same meaning.
    expect(settings(paper)).toEqual(paper);
    expect(faults({ refiner: { recipe: 'steadier' } })).toEqual([
      expect.stringMatching(/^refiner\.recipe: .*got "steadier"$/),
    ]);
  });
});

describe('MC Dropout', () => {
  it('has one network per role, and passes', () => {
    expect(settings({ uncertainty: 'dropout' })).toMatchObject({
      k: 1,
      dropout: { rate: 0.1, passes: 256, refinerPasses: 16 },
    });
    expect(faults({ uncertainty: 'dropout', k: 3 })).toEqual([
      expect.stringMatching(/^k: expected 1 or nothing with uncertainty "dropout" .*, got 3$/),
    ]);
    expect(settings({ uncertainty: 'dropout' })).toMatchObject({ dsu: false });
    expect(faults({ uncertainty: 'dropout', dsu: true })).toEqual([
      'dsu: expected false or nothing with uncertainty "dropout" (it is a spread over networks), got true',
    ]);
    expect(faults({ dropout: {} })).toEqual([
      expect.stringMatching(/^dropout: expected none without uncertainty "dropout"/),
    ]);
  });
});

it('repulsion is above 0, and not with MC Dropout, which has one network per role', () => {
  expect(settings({ repulsion: 0.5 })).toMatchObject({ repulsion: 0.5 });
  expect(settings({})).not.toHaveProperty('repulsion');
  expect(faults({ repulsion: 0 })).toEqual([expect.stringMatching(/^repulsion: .*got 0$/)]);
  expect(faults({ repulsion: 1, uncertainty: 'dropout' })).toEqual([
    'repulsion: expected none with uncertainty "dropout" (one network per role), got 1',
  ]);
});

describe('K', () => {
  it('of 1 is refused, as it has no spread', () => {
    expect(faults({ k: 1 })).toEqual([expect.stringMatching(/^k: expected at least 2 members.*got 1$/)]);
  });

  it('may be left to the coordinator, up to maxK', () => {
    expect(settings({ k: 'auto', maxK: 7 })).toMatchObject({ k: 'auto', maxK: 7 });
    expect(faults({ k: 3, maxK: 7 })).toEqual(['maxK: expected it with "k": "auto" only, got 7']);
  });

  it('is the most that minMembers may be', () => {
    expect(faults({ k: 3, minMembers: 4 })).toEqual(['minMembers: expected at most k, 3, got 4']);
  });
});
