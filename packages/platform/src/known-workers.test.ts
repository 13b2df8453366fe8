import { type WorkerEntry, workerEntryBytes } from '@ddad/contract';
import { beforeEach, expect, test } from 'vitest';
import { KnownWorkers, mostKnown } from './known-workers.ts';
import { createLogger } from './logger.ts';

let lines: { msg: string; reason?: string; key?: string }[];
let known: KnownWorkers;

beforeEach(() => {
  lines = [];
  known = new KnownWorkers(
    createLogger('test', 'warn', { write: (line) => void lines.push(JSON.parse(line)) }),
  );
});

function entry(id: string, more: Partial<WorkerEntry> = {}): WorkerEntry {
  const since = '2026-01-01T00:00:00.000Z';
  const free = { slots: 1, keys: [], leaving: false };
  return { pool: 'train', id, address: '127.0.0.1:1', device: 'none', since, ...free, ...more };
}
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const ids = () => known.entries.map(({ id }) => id);

test('only what is newer counts', () => {
  known.learn({ key: 'train.a', revision: 5, value: bytes(entry('a', { slots: 2 })) }, 0);
  known.learn({ key: 'train.a', revision: 4, value: bytes(entry('a')) }, 0);
  known.learn({ key: 'train.a', revision: 5, value: null }, 0);
  expect(known.entries).toEqual([entry('a', { slots: 2 })]);
  known.learn({ key: 'train.a', revision: 6, value: null }, 0);
  expect(known.entries).toEqual([]);
  expect(known.newest).toBe(6);
});

test('a listing takes away what is not there any more, but not what came since', () => {
  known.learn({ key: 'train.a', revision: 1, value: bytes(entry('a')) }, 0);
  known.learn({ key: 'train.b', revision: 2, value: bytes(entry('b')) }, 0);
  const before = known.newest;
  known.learn({ key: 'train.c', revision: 3, value: bytes(entry('c')) }, 0);
  known.settle(new Set(['train.b']), before, 0, 1_000);
  expect(ids()).toEqual(['b', 'c']);
  expect(known.size).toBe(2);
});

test('what was not refreshed for longer than it may live counts no more, until it is', () => {
  known.learn({ key: 'train.a', revision: 1, value: bytes(entry('a')) }, 0);
  known.settle(new Set(['train.a']), 1, 1_000, 1_000);
  expect(ids()).toEqual(['a']);
  known.settle(new Set(['train.a']), 1, 1_001, 1_000);
  expect(ids()).toEqual([]);
  known.learn({ key: 'train.a', revision: 2, value: bytes(entry('a')) }, 2_000);
  expect(ids()).toEqual(['a']);
});

test('a warning about an entry shows nothing of what its writer chose but the start of its key', () => {
  const long = `train.${'k'.repeat(5_000)}`;
  known.learn({ key: long, revision: 1, value: bytes(entry('secret', { device: 'd'.repeat(300) })) }, 0);
  known.learn({ key: 'train.a', revision: 2, value: new TextEncoder().encode('{"device": "secret') }, 0);
  known.learn({ key: 'train.b', revision: 3, value: new Uint8Array(workerEntryBytes + 1) }, 0);
  expect(lines).toHaveLength(3);
  expect(lines.map(({ key }) => key?.length)).toEqual([123, 7, 7]);
  for (const { reason } of lines)
    expect(reason).toMatch(/^(device: Too big|expected JSON|expected at most 8192 bytes)/);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('an address that nobody of ours has is not dialled', () => {
  const ours = new KnownWorkers(createLogger('test', 'silent'), '10.0.0.0/8,.lab.example.org');
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
  const steps: (Uint8Array | null)[] = [bytes('x'), bytes('y'), bytes(entry('a')), bytes('z')];
  for (const [index, value] of steps.entries())
    known.learn({ key: 'train.a', revision: index + 1, value }, 0);
  expect(lines).toHaveLength(2);
  expect(ids()).toEqual([]);
});

test('however many keys are written, a bounded number is kept, with one warning', () => {
  for (let index = 0; index < 3 * mostKnown; index += 1) {
    known.learn({ key: `train.t${index}`, revision: index + 1, value: bytes(entry(`t${index}`)) }, 0);
  }
  expect(known.size).toBe(mostKnown);
  expect(known.entries).toHaveLength(mostKnown);
  expect(lines.map(({ msg }) => msg)).toEqual(['too many workers: further ones are ignored']);
  // Those that are known are still followed.
  known.learn({ key: 'train.t0', revision: 1_000_000, value: null }, 0);
  expect(known.entries).toHaveLength(mostKnown - 1);
});
