import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchSilence } from './silence.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('calls back once after so much silence, counted from what was heard last', () => {
  const onSilence = vi.fn();
  const watch = watchSilence(60_000, onSilence);
  vi.advanceTimersByTime(55_000);
  watch.heard();
  vi.advanceTimersByTime(55_000);
  expect(onSilence).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5_000);
  expect(onSilence).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(600_000);
  expect(onSilence).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it('does not take its own standing still for silence', () => {
  const onSilence = vi.fn();
  const watch = watchSilence(60_000, onSilence);
  // An hour asleep: the clock went on, no timer fired.
  const now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now + 3_600_000);
  vi.advanceTimersByTime(5_000);
  expect(onSilence).not.toHaveBeenCalled();
  clock.mockRestore();
  watch.end();
  expect(vi.getTimerCount()).toBe(0);
});
