import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { artifactKey, memberSeed } from './keys.ts';

test('writes the same JSON whatever the order of fields', () => {
  expect(canonicalJson({ b: [1, null, { d: 1e21, c: -0 }], a: 'ä"\n', B: true })).toBe(
    '{"B":true,"a":"ä\\"\\n","b":[1,null,{"c":0,"d":1e+21}]}',
  );
  expect(artifactKey({ a: 1, b: { c: 2, d: 3 } })).toBe(artifactKey({ b: { d: 3, c: 2 }, a: 1 }));
  expect(artifactKey({ a: [1, 2] })).not.toBe(artifactKey({ a: [2, 1] }));
});

test('gives the key that sha256sum gives for the canonical JSON', () => {
  // printf '{"a":1,"b":"x"}' | sha256sum
  expect(artifactKey({ b: 'x', a: 1 })).toBe(
    'ecf9e98ec0641e23113ff3ce8bdc78d0ddd249886517fd4a7f68cc83d4e65667',
  );
});

test.each([
  [{ a: { b: Number.NaN } }, 'expected a finite number at a.b, got NaN'],
  [{ a: [1, Number.POSITIVE_INFINITY] }, 'expected a finite number at a[1], got Infinity'],
  [{ a: undefined }, 'expected a JSON value at a, got undefined'],
  [[1, undefined], 'expected a JSON value at [1], got undefined'],
  [{ a: 1n }, 'expected a JSON value at a, got bigint'],
  [{ a: new Date(0) }, 'expected a plain object at a, got Date'],
  [undefined, 'expected a JSON value at the top, got undefined'],
])('refuses what JSON cannot hold (%#)', (value, message) => {
  expect(() => canonicalJson(value)).toThrow(message);
});

test('derives seeds from run seed, role and index', () => {
  // printf 'ddad-seed|0|ndm|0' | sha256sum, first 12 hexadecimal digits
  expect(memberSeed(0, 'ndm', 0)).toBe(0x95ab20c35dfe);
  const seeds = [0, 1, 4_294_967_295].flatMap((run) =>
    (['ndm', 'udm', 'refiner-dual', 'refiner-intra'] as const).flatMap((role) =>
      [0, 1, 10].map((index) => memberSeed(run, role, index)),
    ),
  );
  expect(new Set(seeds).size).toBe(36);
  for (const seed of seeds) {
    expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 48).toBe(true);
  }
});

test('gives a diverged member a seed of its own, and leaves those of first tries as they were', () => {
  // printf 'ddad-seed|7|udm|2' | sha256sum, and with '|retry|1'; first 12 hexadecimal digits
  expect(memberSeed(7, 'udm', 2)).toBe(0x65a47b1f2b62);
  expect(memberSeed(7, 'udm', 2, 0)).toBe(0x65a47b1f2b62);
  expect(memberSeed(7, 'udm', 2, 1)).toBe(0x654d149ad441);
});

test('refuses run seeds and indices that are no whole numbers', () => {
  expect(() => memberSeed(-1, 'ndm', 0)).toThrow('run seed: expected an integer from 0, got -1');
  expect(() => memberSeed(0, 'ndm', 0.5)).toThrow('member index: expected an integer from 0, got 0.5');
  expect(() => memberSeed(0, 'ndm', 0, -1)).toThrow('retry: expected an integer from 0, got -1');
});
