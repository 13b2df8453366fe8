import type { PlanBasis, RunSettings } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { methods } from '../index.ts';
import { faultsIn, settingsOf } from '../run-input.testing.ts';

const facts = (letter: string, count: number) => ({ digest: letter.repeat(64), count });

/** The graph of an input over the same images. */
function planOf(input: object, images: Partial<PlanBasis['images']> = {}) {
  const settings = settingsOf({ batchSize: 4, ...input }) as RunSettings;
  return methods.method(settings.method).plan({
    settings,
    datasetDigest: 'd'.repeat(64),
    imageSize: 64,
    images: {
      normal: facts('a', 10),
      training: facts('c', 15),
      test: facts('b', 6),
      reference: null,
      ...images,
    },
    judged: true,
    retries: {},
    lost: [],
  });
}
const keysOf = (plan: ReturnType<typeof planOf>, prefix: string) =>
  plan.nodes.filter(({ id }) => id.startsWith(prefix)).map(({ key }) => key);

describe.each(['ae', 'aeu', 'memae'])('method %s', (name) => {
  it('trains nothing that a run of ddad on the same normal images has: its networks are the same artifacts', () => {
    for (const settings of [
      { k: 3 },
      { k: 3, beta1: 0.9 },
      { k: 3, seed: 7, epochs: 9, precision: 'bfloat16', latentSize: 8 },
    ]) {
      const dual = planOf({ ...settings, backbone: name, refiner: { batchSize: 2 } });
      expect(keysOf(planOf({ ...settings, method: name }), 'member ndm')).toEqual(keysOf(dual, 'member ndm'));
    }
    const [first] = keysOf(planOf({ backbone: name, refiner: false }), 'member ndm');
    expect(keysOf(planOf({ method: name }), 'member')).toEqual([first]);
  });

  it('finds the maps of a one-class run of as many members, too', () => {
    const oneClass = planOf({ backbone: name, refiner: false }, { training: null, reference: facts('e', 4) });
    const alone = planOf({ method: name, k: 3 }, { reference: facts('e', 4) });
    for (const maps of ['maps', 'reference maps'])
      expect(keysOf(alone, maps)).toEqual(keysOf(oneClass, maps));
  });

  it('scores by reconstruction errors alone, and has neither UDM nor refiner nor curve', () => {
    const { nodes, stages } = planOf({ method: name, k: 4 });
    expect(nodes.map(({ id }) => id)).toEqual([0, 1, 2, 3].map((i) => `member ndm ${i}`).concat('maps'));
    expect(stages.map((stage) => stage.name)).toEqual(['train', 'maps']);
    expect(nodes.at(-1)!.scores!.map(({ score }) => score)).toEqual(['rec', 'recEnsemble']);
    expect(
      methods
        .method(name)
        .scores({} as RunSettings)
        .map(({ name: score }) => score),
    ).toEqual(['rec', 'recEnsemble']);
  });

  it('can grow, keeping the networks that it has', () => {
    const method = methods.method(name);
    const settings = settingsOf({ method: name, k: 2 }) as RunSettings;
    expect(method.grow!(settings, 3)).toEqual({ settings: { ...settings, k: 3 } });
    expect(method.grow!(settings, 2)).toEqual({
      fault: 'k: expected more than the 2 networks that the run has, got 2',
    });
  });
});

it('has one network unless more are asked for, and no fields of what ddad adds', () => {
  expect(settingsOf({ method: 'ae' })).toEqual({
    dataset: 'a',
    method: 'ae',
    seed: 0,
    calibration: 0,
    k: 1,
    latentSize: 16,
    wideLayer: 2048,
    epochs: 250,
    batchSize: 64,
    learningRate: 5e-4,
    beta1: 0.5,
    precision: 'float32',
    recipe: 'steady',
  });
  expect(faultsIn({ method: 'ae', k: 0, refiner: false, backbone: 'aeu', headline: 'rDual' })).toEqual([
    expect.stringMatching(/^k: .*, got 0$/),
    expect.stringMatching(/^refiner: unknown field of method ae: it is one of ddad /),
    expect.stringMatching(/^backbone: unknown field of method ae/),
  ]);
  expect(faultsIn({ method: 'ae', headline: 'rDual' })).toEqual([
    'headline: expected one of rec, recEnsemble, recEnsembleTop, recEnsemblePeak, recEnsembleRelative, recEnsembleForeground; got "rDual"',
  ]);
  expect(faultsIn({ method: 'memae', imageSize: 224 })).toEqual([
    'imageSize: expected 64 or 128 with method memae, whose networks take no other size, got 224',
  ]);
});

it('has the Adam of networks in what is specified where it is not the paper’s', () => {
  const specOf = (input: object) => planOf({ method: 'ae', ...input }).nodes[0]!.spec;
  expect(specOf({ beta1: 0.9 })).toMatchObject({ beta1: 0.9 });
  expect(specOf({})).not.toHaveProperty('beta1');
});

it('says what a run is, and how it differs from its source', () => {
  const method = methods.method('aeu');
  const own = settingsOf({ method: 'aeu', epochs: 20, wideLayer: 1024, recipe: 'paper' }) as RunSettings;
  expect(method.describe(method.facts(own))).toBe('one network, wide layer 1024');
  expect(method.describe({ k: 3 })).toBe('3 networks');
  expect(method.deviations!(own, 128)).toEqual([
    'size 128 instead of 64',
    'epochs 20 instead of 250',
    'wide layer 1024 instead of 2048',
  ]);
  expect(method.deviations!(settingsOf({ method: 'aeu', recipe: 'paper' }) as RunSettings, 64)).toEqual([]);
  expect(method.deviations!(settingsOf({ method: 'aeu' }) as RunSettings, 64)).toEqual([
    'weights averaged over the last tenth of the epochs',
  ]);
});
