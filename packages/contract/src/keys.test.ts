import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { artifactKey, seedOf } from './keys.ts';
import { sha256Hex } from './sha256.ts';

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
  expect(seedOf(0, 'ndm', 0)).toBe(0x95ab20c35dfe);
  const seeds = [0, 1, 4_294_967_295].flatMap((run) =>
    (['ndm', 'udm', 'refiner-dual', 'refiner-intra'] as const).flatMap((role) =>
      [0, 1, 10].map((index) => seedOf(run, role, index)),
    ),
  );
  expect(new Set(seeds).size).toBe(36);
  for (const seed of seeds) {
    expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 48).toBe(true);
  }
});

test('gives a diverged member a seed of its own, and leaves those of first tries as they were', () => {
  // printf 'ddad-seed|7|udm|2' | sha256sum, and with '|retry|1'; first 12 hexadecimal digits
  expect(seedOf(7, 'udm', 2)).toBe(0x65a47b1f2b62);
  expect(seedOf(7, 'udm', 2, 0)).toBe(0x65a47b1f2b62);
  expect(seedOf(7, 'udm', 2, 1)).toBe(0x654d149ad441);
});

test('refuses run seeds and indices that are no whole numbers', () => {
  expect(() => seedOf(-1, 'ndm', 0)).toThrow('run seed: expected an integer from 0, got -1');
  expect(() => seedOf(0, 'ndm', 0.5)).toThrow('index: expected an integer from 0, got 0.5');
  expect(() => seedOf(0, 'ndm', 0, -1)).toThrow('retry: expected an integer from 0, got -1');
});

test('refuses labels that could stand for another seed', () => {
  // With this one, seed 0 and index 1 would digest the text of the first retry of `ndm` 0.
  expect(() => seedOf(0, 'ndm|0|retry', 1)).toThrow('seed label: expected a lower-case letter');
  for (const label of ['', 'NDM', '1', 'ndm ', 'ndm\n', 'a'.repeat(42)]) {
    expect(() => seedOf(0, label, 0)).toThrow(RangeError);
  }
});

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const draw = random(7);
const below = (limit: number) => Math.floor(draw() * limit);
/** Any UTF-16 code units, halves of pairs among them. */
const text = () =>
  String.fromCharCode(...Array.from({ length: below(20) }, () => below(draw() < 0.5 ? 128 : 65536)));

function value(depth: number): unknown {
  const kind = below(depth === 0 ? 5 : 7);
  if (kind === 0) return null;
  if (kind === 1) return draw() < 0.5;
  if (kind === 2) return text();
  if (kind === 3) return (draw() - 0.5) * 10 ** below(30);
  if (kind === 4) return below(2 ** 48);
  if (kind === 5) return Array.from({ length: below(5) }, () => value(depth - 1));
  return Object.fromEntries(Array.from({ length: below(5) }, () => [text(), value(depth - 1)]));
}

const nodeDigest = (data: Uint8Array | string) => createHash('sha256').update(data).digest();

test('gives the digests of node:crypto for texts and bytes of every length', () => {
  // SHA-256 pads to blocks of 64 bytes: lengths around several multiples of it.
  for (let length = 0; length <= 300; length += 1) {
    const bytes = Uint8Array.from({ length }, () => below(256));
    expect(sha256Hex(bytes)).toBe(nodeDigest(bytes).toString('hex'));
    expect(sha256Hex('ä'.repeat(length))).toBe(nodeDigest('ä'.repeat(length)).toString('hex'));
  }
  const large = new Uint8Array(1_000_003).map((_, i) => i * 7);
  expect(sha256Hex(large.subarray(1))).toBe(nodeDigest(large.subarray(1)).toString('hex'));
});

test('gives the keys and seeds of node:crypto for 2000 values', () => {
  for (let i = 0; i < 2000; i += 1) {
    const spec = { some: value(4) };
    expect(artifactKey(spec)).toBe(nodeDigest(canonicalJson(spec)).toString('hex'));
    expect(canonicalJson(JSON.parse(canonicalJson(spec)))).toBe(canonicalJson(spec));
    const [run, index, retry] = [below(2 ** 48), below(1000), below(3)];
    const digested = `ddad-seed|${run}|udm|${index}${retry === 0 ? '' : `|retry|${retry}`}`;
    expect(seedOf(run, 'udm', index, retry)).toBe(nodeDigest(digested).readUIntBE(0, 6));
  }
});
