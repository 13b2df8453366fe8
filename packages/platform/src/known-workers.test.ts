import { type WorkerEntry, workerEntryBytes } from '@ddad/contract';
import { beforeEach, expect, test } from 'vitest';
import { EntrySeal } from './entry-seal.ts';
import { KnownWorkers, mostKnown } from './known-workers.ts';
import { createLogger } from './logger.ts';

let lines: { msg: string; reason?: string; key?: string }[];
let known: KnownWorkers;
/** Of the process that writes everything, unless said otherwise. */
let seal: EntrySeal;
const ttlMs = 1_000;

beforeEach(() => {
  lines = [];
  known = new KnownWorkers(
    createLogger('test', 'warn', { write: (line) => void lines.push(JSON.parse(line)) }),
    { ttlMs },
  );
  seal = new EntrySeal();
});

function entry(id: string, more: Partial<WorkerEntry> = {}): WorkerEntry {
  const since = '2026-01-01T00:00:00.000Z';
  const free = { slots: 1, keys: [], leaving: false };
  return { pool: 'train', id, address: '127.0.0.1:1', device: 'none', since, ...free, ...more };
}
const text = (value: string) => new TextEncoder().encode(value);
const bytes = (value: WorkerEntry, by = seal) => text(by.close(value));
const ids = () => known.entries.map(({ id }) => id);

test('only what is newer counts', () => {
  known.learn({ key: 'train.a', revision: 5, value: bytes(entry('a', { slots: 2 })) }, 0);
  known.learn({ key: 'train.a', revision: 4, value: bytes(entry('a')) }, 0);
  known.learn({ key: 'train.a', revision: 5, value: null }, 0);
  expect(known.entries).toEqual([entry('a', { slots: 2 })]);
  known.learn({ key: 'train.a', revision: 6, value: bytes(entry('a', { leaving: true })) }, 0);
  known.learn({ key: 'train.a', revision: 7, value: null }, 0);
  expect(known.entries).toEqual([]);
  expect(known.newest).toBe(7);
});

test('a listing takes away what is not there any more, but not what came since', () => {
  known.learn({ key: 'train.a', revision: 1, value: bytes(entry('a')) }, 0);
  known.learn({ key: 'train.b', revision: 2, value: bytes(entry('b')) }, 0);
  const before = known.newest;
  known.learn({ key: 'train.c', revision: 3, value: bytes(entry('c')) }, 0);
  known.settle(new Set(['train.b', 'train.c']), before, 0);
  // Its writer has not said that it leaves: somebody else may have taken it away.
  expect(ids()).toEqual(['a', 'b', 'c']);
  known.settle(new Set(['train.b']), before, 0.9 * ttlMs);
  expect(ids()).toEqual(['b', 'c']);
  expect(known.size).toBe(2);
});

test('what was not refreshed for longer than it may live counts no more, until it is', () => {
  known.learn({ key: 'train.a', revision: 1, value: bytes(entry('a')) }, 0);
  known.settle(new Set(['train.a']), 1, ttlMs);
  expect(ids()).toEqual(['a']);
  known.settle(new Set(['train.a']), 1, ttlMs + 1);
  expect(ids()).toEqual([]);
  known.learn({ key: 'train.a', revision: 2, value: bytes(entry('a')) }, 2_000);
  expect(ids()).toEqual(['a']);
});

test('a warning about an entry shows nothing of what its writer chose but the start of its key', () => {
  const long = `train.${'k'.repeat(5_000)}`;
  known.learn({ key: long, revision: 1, value: bytes(entry('secret', { device: 'd'.repeat(300) })) }, 0);
  known.learn({ key: 'train.a', revision: 2, value: text('{"device": "secret') }, 0);
  known.learn({ key: 'train.b', revision: 3, value: new Uint8Array(workerEntryBytes + 1) }, 0);
  expect(lines).toHaveLength(3);
  expect(lines.map(({ key }) => key?.length)).toEqual([123, 7, 7]);
  for (const { reason } of lines)
    expect(reason).toMatch(/^(device: Too big|expected JSON|expected at most 8192 bytes)/);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('an address that nobody of ours has is not dialled', () => {
  const ours = new KnownWorkers(createLogger('test', 'silent'), {
    hosts: '10.0.0.0/8,.lab.example.org',
    ttlMs,
  });
  const addresses = [
    '10.1.2.3:1',
    'gpu1.lab.example.org:1',
    '192.0.2.1:1',
    'evil.example.org:1',
    '[fd00::1]:1',
  ];
  for (const [index, address] of addresses.entries()) {
    const one = entry(`t${index}`, { address });
    ours.learn({ key: `train.t${index}`, revision: index + 1, value: bytes(one) }, 0);
  }
  expect(ours.entries.map(({ address }) => address)).toEqual(addresses.slice(0, 2));
});

test('an entry that was refused and is a worker’s now counts, and is told of again when it is none again', () => {
  const steps: (Uint8Array | null)[] = [text('x'), text('y'), bytes(entry('a')), text('z')];
  for (const [index, value] of steps.entries())
    known.learn({ key: 'train.a', revision: index + 1, value }, 0);
  expect(lines).toHaveLength(2);
  expect(ids()).toEqual(['a']);
});

test('while a worker keeps its entry fresh, another process neither overwrites nor deletes it', () => {
  const other = new EntrySeal();
  const address = '127.0.0.1:666';
  known.learn({ key: 'train.a', revision: 1, value: bytes(entry('a')) }, 0);
  known.learn({ key: 'train.a', revision: 2, value: bytes(entry('a', { address }), other) }, 0.5 * ttlMs);
  known.learn({ key: 'train.a', revision: 3, value: null }, 0.5 * ttlMs);
  expect(known.entries).toEqual([entry('a')]);
  expect(lines).toMatchObject([
    { reason: 'expected the signature of the worker that is there under this name' },
  ]);
  known.learn({ key: 'train.a', revision: 4, value: bytes(entry('a', { slots: 2 })) }, 0.9 * ttlMs);
  known.learn({ key: 'train.a', revision: 5, value: bytes(entry('a', { address }), other) }, 1.8 * ttlMs);
  expect(known.entries).toEqual([entry('a', { slots: 2 })]);
  // It has died: another of its name may follow.
  known.learn({ key: 'train.a', revision: 6, value: bytes(entry('a', { address }), other) }, 2 * ttlMs);
  expect(known.entries).toEqual([entry('a', { address })]);
});

test('another process follows at once under the name of a worker that leaves', () => {
  const next = new EntrySeal();
  known.learn({ key: 'train.a', revision: 1, value: bytes(entry('a', { leaving: true })) }, 0);
  known.learn({ key: 'train.a', revision: 2, value: bytes(entry('a', { slots: 2 }), next) }, 1);
  expect(known.entries).toEqual([entry('a', { slots: 2 })]);
});

test('an entry that is written anew by who has seen it is no sign of life', () => {
  const first = bytes(entry('a'));
  known.learn({ key: 'train.a', revision: 1, value: first }, 0);
  known.learn({ key: 'train.a', revision: 2, value: bytes(entry('a', { slots: 2 })) }, 0);
  known.learn({ key: 'train.a', revision: 3, value: first }, 0.9 * ttlMs);
  expect(known.entries).toEqual([entry('a', { slots: 2 })]);
  known.settle(new Set(['train.a']), 3, ttlMs + 1);
  expect(known.entries).toEqual([]);
});

test('an entry of nobody who has the token is ignored, and so is one that was changed', () => {
  const token = 'a-token-of-a-cluster-that-nobody-guesses';
  const guarded = new KnownWorkers(
    createLogger('test', 'warn', { write: (line) => void lines.push(JSON.parse(line)) }),
    { ttlMs, token },
  );
  const changed = JSON.parse(new EntrySeal(token).close(entry('d'))) as { signed: string };
  changed.signed = changed.signed.replace('127.0.0.1', '192.0.2.1');
  const values = [
    new EntrySeal(token).close(entry('a')),
    new EntrySeal().close(entry('b')),
    new EntrySeal(`${token}!`).close(entry('c')),
    JSON.stringify(changed),
  ];
  for (const [index, value] of values.entries())
    guarded.learn({ key: `train.${'abcd'[index]}`, revision: index + 1, value: text(value) }, 0);
  expect(guarded.entries.map(({ id }) => id)).toEqual(['a']);
  expect(lines.map(({ reason }) => reason)).toEqual(
    Array(3).fill("expected proof that its writer has the cluster's token (GRPC_TOKEN)"),
  );
  // Without a token to go by, the signature still covers what it says.
  changed.signed = changed.signed.replace('192.0.2.1', '192.0.2.2');
  known.learn({ key: 'train.d', revision: 1, value: text(JSON.stringify(changed)) }, 0);
  expect(known.entries).toEqual([]);
  expect(lines.at(-1)?.reason).toBe('expected a signature of what it says');
});

test('however many keys are written, a bounded number is kept, with one warning', () => {
  for (let index = 0; index < 3 * mostKnown; index += 1) {
    known.learn({ key: `train.t${index}`, revision: index + 1, value: bytes(entry(`t${index}`)) }, 0);
  }
  expect(known.size).toBe(mostKnown);
  expect(known.entries).toHaveLength(mostKnown);
  expect(lines.map(({ msg }) => msg)).toEqual(['too many workers: further ones are ignored']);
  // Those that are known are still followed.
  known.learn({ key: 'train.t0', revision: 1_000_000, value: null }, ttlMs);
  expect(known.entries).toHaveLength(mostKnown - 1);
});
