import { commonFields, type KindDefinition, type Method } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type MethodEntry, MethodRegistry } from './registry.ts';

const kind = (name: string, pool: KindDefinition['pool'] = 'train'): KindDefinition => ({
  kind: name,
  pool,
  schema: z.strictObject({}),
  needs: () => ({}),
  reads: {},
});

/** A method with one field and one kind of its own. */
function entry(name: string, field: string, of = kind(`trained-${name}`)): MethodEntry {
  const method: Method = {
    name,
    title: name,
    schema: z.strictObject({ ...commonFields, [field]: z.int().default(1) }) as unknown as Method['schema'],
    kinds: [of],
    usesUnlabeled: false,
    scores: () => [],
    facts: () => ({}),
    describe: () => '',
    plan: () => ({ stages: [], nodes: [], groups: {}, artifacts: [] }),
  };
  return { method, makers: async () => ({}) };
}

const registry = new MethodRegistry([entry('first', 'depth'), entry('second', 'width')]);

describe("a run's input", () => {
  it("is read by its method's schema", () => {
    expect(registry.parseRunInput({ dataset: 'a', method: 'second', width: 3 })).toMatchObject({
      input: { dataset: 'a', method: 'second', width: 3, seed: 0 },
    });
  });

  it('of an unknown method names those that there are', () => {
    for (const [input, came] of [
      [{ dataset: 'a', method: 'third' }, '"third"'],
      [{ dataset: 'a', method: 3 }, '3'],
      // The default method is not among these.
      [{ dataset: 'a' }, '"ddad"'],
    ] as const) {
      const message = `expected one of first, second, got ${came}`;
      expect(registry.parseRunInput(input)).toEqual({ faults: [{ path: 'method', message }] });
    }
  });

  it('says whose a field is that the method does not know', () => {
    const input = { dataset: 'a', method: 'first', width: 3, height: 4 };
    expect(registry.parseRunInput(input)).toEqual({
      faults: [
        {
          path: 'width',
          message: 'unknown field of method first: it is one of second (methods: first, second)',
        },
        { path: 'height', message: 'unknown field' },
      ],
    });
  });
});

it('refuses figures of a published dataset that there is none of, or beside runs on several, with all other faults', () => {
  const faultsOf = (experiment: object) => {
    const parsed = registry.parseExperiment(experiment);
    return 'faults' in parsed ? parsed.faults.map(({ path, message }) => `${path}: ${message}`) : [];
  };
  const base = { method: 'first' };
  const several = { base, axes: { dataset: ['a', 'b'] } };
  const name = 'published: expected one of rsna, vindr, cxad, brain, lag, got "brats"';
  expect(faultsOf({ base: { ...base, dataset: 'a' }, published: 'brats' })).toEqual([name]);
  expect(faultsOf({ ...several, base: { ...base, depth: 'x' }, published: 'brats' })).toEqual([
    name,
    'published: expected runs on one dataset, whose images these figures are of, got a, b',
    expect.stringMatching(/^base\.depth: /),
  ]);
  expect(faultsOf({ base: { ...base, dataset: 'a' }, axes: { depth: [1, 2] }, published: 'brain' })).toEqual(
    [],
  );
  expect(faultsOf(several)).toEqual([]);
});

it('of a size that the method does not take is refused beside all other faults', () => {
  const { method, makers } = entry('first', 'depth');
  const small = new MethodRegistry([{ method: { ...method, imageSizes: [64, 128] }, makers }]);
  const input = { dataset: 'a', method: 'first', imageSize: 256 };
  const message = 'expected 64 or 128 with method first, whose networks take no other size, got 256';
  expect(small.parseRunInput(input)).toEqual({ faults: [{ path: 'imageSize', message }] });
  expect(small.parseRunInput({ ...input, depth: 'x', headline: 'none' })).toMatchObject({
    faults: [{ path: 'imageSize' }, { path: 'depth' }],
  });
  expect(small.parseRunInput({ ...input, imageSize: 128 })).toMatchObject({ input: { imageSize: 128 } });
  expect(registry.parseRunInput(input)).toMatchObject({ input: { imageSize: 256 } });
});

it('of a method whose scores no result could hold is refused before anything is made', () => {
  const { method, makers } = entry('first', 'depth');
  const score = { name: 'too_odd', meaning: '', map: true, rank: 0, symbol: { letter: 'S', index: '' } };
  const odd = new MethodRegistry([{ method: { ...method, scores: () => [score] }, makers }]);
  expect(odd.parseRunInput({ dataset: 'a', method: 'first' })).toEqual({
    faults: [
      {
        path: 'method',
        message:
          'expected a method whose scores can be reported, got first: "too_odd".name: expected a letter, then letters and ' +
          'digits, at most 40, got "too_odd"',
      },
    ],
  });
});

it('finds kinds with the methods that bring them, and those that every run has', () => {
  expect(registry.entryOfKind('trained-second')?.method.name).toBe('second');
  expect(registry.kind('scored-evaluations')).not.toBeNull();
  expect(registry.entryOfKind('scored-evaluations')).toBeNull();
  expect(registry.kind('trained-third')).toBeNull();
});

it('lets methods use kinds of another one, which brings them', () => {
  const shared = kind('trained-first');
  const both = new MethodRegistry([entry('first', 'depth', shared), entry('second', 'width', shared)]);
  expect(both.entryOfKind('trained-first')?.method.name).toBe('first');
  expect(both.kinds.filter((one) => one === shared)).toHaveLength(1);
});

it('reads an input that was kept as its method says, and that of a method nobody knows as it is', () => {
  const { method, makers } = entry('first', 'depth');
  const storedInput: Method['storedInput'] = (input) => ({ depth: 2, ...input });
  const later = new MethodRegistry([{ method: { ...method, storedInput }, makers }]);
  expect(later.storedInput({ method: 'first', seed: 1 })).toEqual({ method: 'first', seed: 1, depth: 2 });
  expect(later.storedInput({ method: 'third', seed: 1 })).toEqual({ method: 'third', seed: 1 });
  expect(registry.storedInput({ method: 'first' })).toEqual({ method: 'first' });
});

it('takes no name twice, and no kind whose name does not say who makes it', () => {
  expect(
    () =>
      new MethodRegistry([
        entry('first', 'depth'),
        entry('first', 'depth'),
        entry('odd', 'depth', kind('trained-odd', 'score')),
      ]),
  ).toThrow(
    /^method first: expected each once.*; kind trained-first: .*twice; kind trained-odd of method odd: .*scored-$/,
  );
});
