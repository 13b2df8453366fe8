import { expect, test } from 'vitest';
import { mostSlots, mostUnfit, workerEntryBytes, workerEntrySchema, workerKey } from './worker-entry.ts';

const key = 'a'.repeat(64);
const entry = {
  pool: 'train',
  id: 'trainer-5d9c-x7_2',
  address: '10.0.0.7:50051',
  device: 'NVIDIA H100',
  slots: 2,
  keys: [key],
  since: '2026-01-01T00:00:00.000Z',
  leaving: false,
} as const;

test('an entry is read as it was written, without what is not known', () => {
  expect(workerEntrySchema.parse({ ...entry, version: 7 })).toEqual(entry);
  expect(workerKey(entry)).toBe('train.trainer-5d9c-x7_2');
});

test.each([
  ['a pool that is none', 'pool', 'cook'],
  ['no id', 'id', ''],
  ['an id of two tokens', 'id', 'a.b'],
  ['a long id', 'id', 'a'.repeat(101)],
  ['an address without port', 'address', '10.0.0.7'],
  ['an address with a path', 'address', 'evil.example/x:1'],
  ['port 0', 'address', '10.0.0.7:0'],
  ['a long address', 'address', `${'a'.repeat(300)}:1`],
  ['a long device', 'device', 'x'.repeat(201)],
  ['no slots', 'slots', 0],
  ['too many slots', 'slots', 65],
  ['half a slot', 'slots', 1.5],
  ['a key that is no digest', 'keys', ['A'.repeat(64)]],
  ['a long key', 'keys', [`${key}0`]],
  ['too many keys', 'keys', Array.from({ length: 65 }, () => key)],
  ['a time that is none', 'since', 'yesterday'],
  ['a long time', 'since', `2026-01-01T00:00:00.${'0'.repeat(9000)}Z`],
  ['leaving as text', 'leaving', 'no'],
  ['no reason to be unfit', 'unfit', ''],
  ['a long reason to be unfit', 'unfit', 'x'.repeat(mostUnfit + 1)],
])('an entry with %s is none', (_, field, value) => {
  const { error } = workerEntrySchema.safeParse({ ...entry, [field]: value });
  expect([...new Set(error?.issues.map(({ path }) => path[0]))]).toEqual([field]);
});

test('the longest entry that there can be has its place in the bucket', () => {
  const longest = {
    pool: 'score',
    id: 'i'.repeat(100),
    address: `${'h'.repeat(253)}:65535`,
    // Six bytes each: the longest that JSON makes of a character.
    device: '\u0001'.repeat(200),
    slots: mostSlots,
    keys: Array.from({ length: mostSlots }, () => key),
    since: '2026-01-01T00:00:00.000000000Z',
    leaving: false,
    unfit: '\u0001'.repeat(mostUnfit),
  };
  expect(workerEntrySchema.parse(longest)).toEqual(longest);
  expect(Buffer.byteLength(JSON.stringify(longest))).toBeLessThan(workerEntryBytes);
});
