import { expect, test } from 'vitest';
import { StallClock, stallWatchMs } from './stall-clock.ts';

const limits = { loadMs: 10_000, stallMs: 2_000 };

/** A stall clock over a hand-moved one; `pass` asks it as often as a job does and gives the last answer. */
function watched() {
  let now = 0;
  const clock = new StallClock(limits, () => now);
  const pass = (milliseconds: number): number | null => {
    let answer: number | null = null;
    for (const until = now + milliseconds; now < until; answer = clock.silentTooLong()) {
      now = Math.min(until, now + stallWatchMs);
    }
    return answer;
  };
  const steps = (count: number, everyMs: number) => {
    for (let step = 0; step < count; step++) {
      expect(pass(everyMs)).toBeNull();
      clock.stepped();
    }
  };
  const standStill = (milliseconds: number) => {
    now += milliseconds;
    return clock.silentTooLong();
  };
  return { clock, pass, steps, standStill };
}

test('loading, and compiling up to the first step, may each take as long as loading may', () => {
  const { clock, pass } = watched();
  expect(pass(9_900)).toBeNull();
  clock.heard();
  expect(pass(9_900)).toBeNull();
  clock.stepped();
  expect(pass(2_000)).toBeNull();
  expect(pass(stallWatchMs)).toBe(2_000 + stallWatchMs);
  expect(watched().pass(10_250)).toBe(10_250);
});

test('slow steps may be silent for 20 times their median', () => {
  const { pass, steps } = watched();
  steps(10, 500);
  expect(pass(10_000)).toBeNull();
  expect(pass(stallWatchMs)).toBe(10_250);
});

test('compiling later may take as long as loading may, and is no measure of a step', () => {
  const { clock, pass, steps } = watched();
  steps(5, 100);
  clock.compiles();
  expect(pass(9_900)).toBeNull();
  clock.stepped();
  steps(2, 100);
  expect(pass(2_250)).toBe(2_250);
});

test('one slow step among fast ones, and compiling before the first, do not raise the limit', () => {
  const { pass, steps } = watched();
  steps(1, 9_000);
  steps(5, 100);
  steps(1, 1_900);
  steps(5, 100);
  expect(pass(2_250)).toBe(2_250);
});

test('standing still ourselves is not the silence of the process', () => {
  const { pass, steps, standStill } = watched();
  steps(5, 100);
  // An hour counts as two looks, 500 ms.
  expect(standStill(3_600_000)).toBeNull();
  expect(pass(1_500)).toBeNull();
  expect(pass(stallWatchMs)).toBe(2_250);
});
