import { artifactKey, faultsOf, type KindDefinition } from '@ddad/contract';
import { describe, expect, test } from 'vitest';
import {
  type DsuSpec,
  dsuKind,
  type KCurveSpec,
  kCurveKind,
  type MapSpec,
  type MemberSpec,
  mapKind,
  memberKind,
  memberName,
  type RefinerSpec,
  recipeOf,
  recipes,
  refinedKind,
  refinerKind,
} from './kinds.ts';

const digest = 'a'.repeat(64);
const [ndm, udm] = [
  ['n0', 'n1'],
  ['u0', 'u1'],
].map((names) => names.map((name) => artifactKey({ name }))) as [string[], string[]];

const member: MemberSpec = {
  recipe: recipes.member.ae,
  backbone: 'ae',
  role: 'udm',
  seed: 2 ** 48 - 1,
  epochs: 250,
  batchSize: 4,
  learningRate: 5e-4,
  imagesDigest: digest,
  imageSize: 64,
};
const ensemble = { backbone: 'ae' as const, ndm, udm, imagesDigest: digest, imageSize: 64 };
const maps: MapSpec = { recipe: recipes.maps, ...ensemble };
const { udm: _, ...ndmAlone } = ensemble;
const dsu: DsuSpec = { recipe: recipes.dsu, ...ndmAlone };
const kCurve: KCurveSpec = { recipe: recipes.kCurve, ...ensemble, subsets: 100 };
const refiner: RefinerSpec = {
  recipe: recipes.refiner,
  ...ensemble,
  input: 'dual',
  seed: 7,
  epochs: 100,
  batchSize: 2,
  learningRate: 1e-4,
  weightDecay: 1e-4,
};
const dropout = { rate: 0.1, passes: 16, seed: 7 };
const single = { ndm: ndm.slice(0, 1), udm: udm.slice(0, 1), dropout };

/** Paths and messages of a specification's faults, without what came. */
function faults<Spec extends object>({ schema }: KindDefinition<Spec>, spec: object): string[] {
  const parsed = schema.safeParse(spec);
  if (parsed.success) {
    // What a key is the digest of is what came.
    expect(parsed.data).toEqual(spec);
    return [];
  }
  return faultsOf(parsed.error, spec).map(({ path, message }) => `${path}: ${message}`);
}

describe('members', () => {
  test('are of a backbone and a role, with dropout or another precision where there is one', () => {
    for (const change of [
      {},
      { dropout: 0.1 },
      { precision: 'bfloat16' },
      { steady: recipes.steadyMember },
      { latentSize: 4, wideLayer: 1024 },
      { beta1: 0.9 },
    ])
      expect(faults(memberKind, { ...member, ...change })).toEqual([]);
  });

  test('every fault of a specification is listed', () => {
    const wrong = {
      recipe: recipes.member.ae,
      backbone: 'resnet',
      role: 'teacher',
      seed: 2 ** 48,
      epochs: 0,
      batchSize: 1,
      learningRate: 0,
      beta1: 0.5,
      imagesDigest: 'A'.repeat(64),
      imageSize: 96,
      latentSize: 16,
      wideLayer: 2048,
      precision: 'float32',
      steady: 99,
      dropout: 0.91,
      layers: 3,
    };
    expect(faults(memberKind, wrong).map((fault) => fault.slice(0, fault.indexOf(':')))).toEqual([
      'backbone',
      'role',
      'seed',
      'epochs',
      'batchSize',
      'learningRate',
      'beta1',
      'imagesDigest',
      'imageSize',
      'latentSize',
      'wideLayer',
      'precision',
      'steady',
      'dropout',
      'layers',
    ]);
  });

  test('of another version are refused: they would give other bytes under the key that was asked for', () => {
    expect(faults(memberKind, { ...member, recipe: 99 })).toEqual([
      `recipe: expected this version's, ${recipes.member.ae}, got 99`,
    ]);
  });

  test.each([0, -0.1, 0.91, Number.NaN])('with dropout at a rate of %f are refused', (rate) => {
    expect(faults(memberKind, { ...member, dropout: rate })).toHaveLength(1);
  });

  test('that are kept away from others need the weights of those, and have no dropout', () => {
    const away = { ...member, repulsion: { recipe: recipes.repulsion, weight: 0.5, earlier: ndm } };
    expect(faults(memberKind, away)).toEqual([]);
    expect(memberKind.needs(away)).toEqual({
      'earlier.0': { kind: 'members', key: ndm[0], files: ['weights'] },
      'earlier.1': { kind: 'members', key: ndm[1], files: ['weights'] },
    });
    expect(faults(memberKind, { ...away, dropout: 0.1 })).toEqual([
      expect.stringMatching(/^repulsion: expected none with dropout/),
    ]);
    const { repulsion } = away;
    for (const wrong of [{ earlier: [] }, { earlier: ['../x'] }, { weight: 0 }, { recipe: 99 }])
      expect(faults(memberKind, { ...away, repulsion: { ...repulsion, ...wrong } })).toHaveLength(1);
  });

  test('are trained on a batch of images at least, and on nothing else', () => {
    expect(memberKind.leastImages?.(member)).toBe(4);
    expect(memberKind.needs(member)).toEqual({});
  });
});

const scored: [string, KindDefinition, object][] = [
  ['maps', mapKind as KindDefinition, maps],
  ['K-curves', kCurveKind as KindDefinition, kCurve],
  ['refiners', refinerKind as KindDefinition, refiner],
];

describe.each(scored)('%s', (_what, kind, spec) => {
  test('need the weights of all members, by role and index', () => {
    expect(faults(kind, spec)).toEqual([]);
    const need = (key: string | undefined) => ({ kind: 'members', key, files: ['weights'] });
    expect(kind.needs(spec)).toEqual({
      [memberName('ndm', 0)]: need(ndm[0]),
      [memberName('ndm', 1)]: need(ndm[1]),
      [memberName('udm', 0)]: need(udm[0]),
      [memberName('udm', 1)]: need(udm[1]),
    });
  });

  test('of another version, of no ensemble or of keys that are none are refused', () => {
    expect(faults(kind, { ...spec, recipe: 99 })).toHaveLength(1);
    expect(faults(kind, { ...spec, ndm: ['../x'], backbone: 'resnet', imageSize: 32 })).toHaveLength(3);
    const alone = faults(kind, { ...spec, ndm: ndm.slice(0, 1), udm: udm.slice(0, 1) });
    expect(alone).toEqual([expect.stringMatching(/^ndm: expected at least 2 members, got/)]);
  });
});

test('the dual-space uncertainty needs the weights of two members of the NDM, and knows no UDM', () => {
  expect(faults(dsuKind, dsu)).toEqual([]);
  expect(Object.keys(dsuKind.needs(dsu))).toEqual([memberName('ndm', 0), memberName('ndm', 1)]);
  expect(faults(dsuKind, { ...dsu, udm })).toEqual(['udm: unknown field']);
  expect(faults(dsuKind, { ...dsu, ndm: ndm.slice(0, 1) })).toEqual([
    expect.stringMatching(/^ndm: expected at least 2 members, got/),
  ]);
  expect(faults(dsuKind, { ...dsu, recipe: 99, latentSize: 16 })).toHaveLength(2);
});

test('K-curves pair the members of both roles, or take one role alone', () => {
  expect(faults(kCurveKind, { ...kCurve, udm: [] })).toEqual([]);
  expect(faults(kCurveKind, { ...kCurve, udm: udm.slice(1) })).toEqual([
    expect.stringMatching(/^udm: expected as many members as ndm, 2, or none, got/),
  ]);
  for (const subsets of [0, 1001]) expect(faults(kCurveKind, { ...kCurve, subsets })).toHaveLength(1);
  // Passes of one network have no subsets.
  expect(faults(kCurveKind, { ...kCurve, ...single })).toContain('dropout: unknown field');
});

test('members of the UDM belong to input dual, and to it alone', () => {
  expect(faults(refinerKind, { ...refiner, input: 'intra', udm: [] })).toEqual([]);
  expect(faults(refinerKind, { ...refiner, udm: [] })).toEqual([
    'udm: expected members for input dual, got []',
  ]);
  expect(faults(refinerKind, { ...refiner, input: 'intra' })).toEqual([
    expect.stringMatching(/^udm: expected no members for input intra, got/),
  ]);
});

test('a refiner names the recipe "steady" by its version, and the paper\'s not at all', () => {
  expect(faults(refinerKind, { ...refiner, steady: recipes.steadyRefiner })).toEqual([]);
  expect(faults(refinerKind, { ...refiner, steady: 99 })).toHaveLength(1);
  expect(recipeOf(refiner)).toBe('paper');
  expect(recipeOf({ ...refiner, steady: recipes.steadyRefiner })).toBe('steady');
});

test('a refiner wants a batch of images, and two for a foreign patch', () => {
  expect([1, 2, 8].map((batchSize) => refinerKind.leastImages?.({ ...refiner, batchSize }))).toEqual([
    2, 2, 8,
  ]);
});

test('MC Dropout takes one member per role; of ASR-Net only so many passes as can be made at once', () => {
  expect(faults(mapKind, { ...maps, ...single })).toEqual([]);
  expect(faults(refinerKind, { ...refiner, ...single })).toEqual([]);
  const wrong = { ...maps, dropout: { rate: 0, passes: 4097, seed: 2 ** 48 } };
  expect(faults(mapKind, wrong).map((fault) => fault.slice(0, fault.indexOf(':')))).toEqual([
    'dropout.rate',
    'dropout.passes',
    'dropout.seed',
    'ndm',
    'udm',
  ]);
  expect(faults(mapKind, { ...maps, dropout })).toEqual([
    expect.stringMatching(/^ndm: expected 1 member with dropout, got/),
    expect.stringMatching(/^udm: expected at most 1 member with dropout, got/),
  ]);
  const many = { ...dropout, passes: 257 };
  expect(faults(mapKind, { ...maps, ...single, dropout: many })).toEqual([]);
  expect(faults(refinerKind, { ...refiner, ...single, dropout: many })).toHaveLength(1);
});

test('refined maps need maps and a refiner, and read no image', () => {
  const spec = { maps: digest, refiner: artifactKey(refiner) };
  expect(refinedKind.needs(spec)).toEqual({
    maps: { kind: 'maps', key: digest, files: ['maps'] },
    refiner: { kind: 'refiners', key: spec.refiner, files: ['weights'] },
  });
  expect(refinedKind.reads).toEqual({});
  expect(faults(refinedKind, { maps: '../x', refiner: '' })).toHaveLength(2);
});
