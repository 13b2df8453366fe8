import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Recurring } from './recurring.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets promises that are settled go on, without time passing. */
const settled = () => vi.advanceTimersByTimeAsync(0);

test('is done at once, and again whenever it said that it is due', async () => {
  let times = 0;
  const work = new Recurring(async () => {
    times += 1;
    return times * 100;
  });
  await work.first;
  expect(times).toBe(1);
  await vi.advanceTimersByTimeAsync(99);
  expect(times).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(times).toBe(2);
  await vi.advanceTimersByTimeAsync(200);
  expect(times).toBe(3);
  await work.close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(times).toBe(3);
  expect(vi.getTimerCount()).toBe(0);
});

test('a wish is met at once; one that comes while it is under way, once more right after', async () => {
  const ends: (() => void)[] = [];
  const work = new Recurring(async () => {
    await new Promise<void>((resolve) => ends.push(resolve));
    return 1_000;
  });
  await settled();
  expect(ends).toHaveLength(1);
  work.wish();
  work.wish();
  await settled();
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await settled();
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await settled();
  expect(ends).toHaveLength(2);
  work.wish();
  await settled();
  expect(ends).toHaveLength(3);
  ends[2]?.();
  await work.close();
});

// The fault that kept the trainers out of sight for ever: work that ended before its first `await`.
test('work that has nothing to wait for does not end it', async () => {
  let times = 0;
  const work = new Recurring(() => {
    times += 1;
    return Promise.resolve(10);
  });
  await vi.advanceTimersByTimeAsync(100);
  expect(times).toBe(11);
  work.wish();
  await settled();
  expect(times).toBe(12);
  await work.close();
});

test('closing waits for what is under way, and nobody waits for a first time that never comes', async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const work = new Recurring(() => promise);
  await settled();
  let closed = false;
  const closing = work.close().then(() => {
    closed = true;
  });
  await settled();
  expect(closed).toBe(false);
  resolve(1);
  await closing;
  await work.first;

  let begun = false;
  const never = new Recurring(async () => {
    begun = true;
    return 1;
  });
  await never.close();
  await never.first;
  expect(begun).toBe(false);
});
