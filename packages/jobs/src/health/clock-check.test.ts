import { expect, test } from 'vitest';
import { clockCheck } from './clock-check.ts';

const { signal } = new AbortController();
const theirs = Date.UTC(2026, 0, 1, 12);
const check = (aheadSeconds: number, storeTime: number | null = theirs) =>
  clockCheck({
    store: 'http://store:9000',
    storeTime: async () => storeTime,
    now: () => theirs + aheadSeconds * 1000,
  }).check(signal);

test('may differ from the store’s by 5 min either way', async () => {
  expect(await check(300)).toBeNull();
  expect(await check(-300)).toBeNull();
});

test('that differs by more is named, with how much and which way', async () => {
  expect(await check(20 * 60)).toBe(
    "clock: this machine's is 20 min ahead of that of the store http://store:9000 (2026-01-01T12:00:00Z), " +
      'expected at most 5 min',
  );
  expect(await check(-303)).toMatch('is 5 min 3 s behind that of the store');
});

test('is not to blame where the store does not say', async () => {
  expect(await check(20 * 60, null)).toBeNull();
});

test('is read in the middle of the question: a slow answer is no difference', async () => {
  let now = theirs - 400_000;
  const slow = clockCheck({
    store: 'http://store:9000',
    storeTime: async () => {
      now = theirs + 400_000;
      return theirs;
    },
    now: () => now,
  });
  expect(await slow.check(signal)).toBeNull();
});
