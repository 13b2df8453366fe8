/**
 * What "differs from its source" says is believed: a field of a method that nobody thought of would have it say less than is true.
 * Every own field of every method is changed here, one after the other. Those that every run has (`commonFields`) choose images, seeds and
 * what is shown first; of them `imageSize` is told, which the methods' own tests hold.
 */
import { commonFields, defaultImageSize, isObject, type RunResult } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { methods } from './index.ts';
import { faultsIn, settingsOf } from './run-input.testing.ts';

/** Fields that are no way to differ from the source, and why; there is none for "refiner": false, which leaves the rows out. */
const none: Record<string, Record<string, string>> = {
  ddad: {
    backbone: 'its rows of the table have its name',
    maxK: 'bounds "k": "auto"; the K that comes of it is told',
    minMembers: 'says what to do where members fail; nothing of those that do not',
    dsu: 'a score more or less, of the same networks',
  },
};

/** Fields that have to be set with others. */
const beside: Record<string, object> = {
  'ddad.dropout': { uncertainty: 'dropout' },
};

/** All that a report or a table says of how a run differs from its source, beside what its size and images do. */
function differences(fields: object): string[] {
  const settings = settingsOf(fields);
  const { method, comparedAs } = methods.entry(String(settings.method))!;
  const own = settings as Parameters<typeof method.facts>[0];
  const result = { method: method.name, input: settings, ...method.facts(own) } as unknown as RunResult;
  const unlike = comparedAs?.(result).flatMap((row) => row.unlike ?? []) ?? [];
  return [...(method.deviations?.(own, defaultImageSize) ?? []), ...new Set(unlike)];
}

/** Values that a field may have in place of one, likely ones first. */
function others(value: unknown): unknown[] {
  if (typeof value === 'number') return [value * 2, value / 2, value + 1, value - 1, (value + 1) / 2];
  if (typeof value === 'boolean') return [!value];
  // Of an enumeration, of weights, or of something that is not there by default.
  return ['steady', 'paper', 'aeu', 'bfloat16', 'dropout', 'some-weights', 1, 5, true, {}];
}

/** Every leaf of a value with the paths that lead to it. */
function leaves(value: unknown, path: string[] = []): { path: string[]; value: unknown }[] {
  if (!isObject(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([name, own]) => leaves(own, [...path, name]));
}

const within = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight((inner, name) => ({ [name]: inner }), value);

describe.each(methods.names)('method %s', (name) => {
  const { schema } = methods.method(name);
  const own = Object.keys(schema.shape).filter((field) => !(field in commonFields));
  const fields = own.flatMap((field) => {
    const together = beside[`${name}.${field}`] ?? {};
    const value = (settingsOf({ method: name, ...together }) as Record<string, unknown>)[field];
    return leaves(value, [field]).map((leaf) => ({ field: leaf.path.join('.'), ...leaf, beside: together }));
  });

  it('has fields of its own', () => expect(fields).not.toEqual([]));

  it.each(fields.filter(({ field }) => none[name]?.[field] === undefined))(
    'tells that $field is another one',
    ({ path, value, beside: together }) => {
      const base = { method: name, ...together };
      const changed = others(value)
        .map((other) => ({ ...base, ...(within(path, other) as object) }))
        .find((input) => {
          if (faultsIn(input).length > 0) return false;
          return JSON.stringify(settingsOf(input)) !== JSON.stringify(settingsOf(base));
        });
      expect(changed, 'expected another value that the field may have').toBeDefined();
      expect(differences(changed!)).not.toEqual(differences(base));
    },
  );

  it('has all fields of which it is said here that they are none', () =>
    expect(own).toEqual(expect.arrayContaining(Object.keys(none[name] ?? {}))));
});
