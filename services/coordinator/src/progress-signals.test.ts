import type { JobProgress } from '@ddad/contract';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunIdentity } from './dispatch/fairness.ts';
import type { NodeProgressRow } from './node-progress.ts';
import { ProgressSignals } from './progress-signals.ts';

const run: RunIdentity = { workflowId: 'w', runId: 'r', startedAt: 0 };
let sent: { at: number; rows: NodeProgressRow[] }[];
let signals: ProgressSignals;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  sent = [];
  signals = new ProgressSignals({
    intervalMs: 60_000,
    send: async (_, rows) => void sent.push({ at: Date.now(), rows }),
  });
});

afterEach(() => {
  signals.close();
  expect(vi.getTimerCount(), 'timers left behind').toBe(0);
  vi.useRealTimers();
});

function at(done: number): JobProgress {
  return { done, total: 100, loss: null, imagesPerSecond: 0, worker: 't', state: 'running' };
}

it('sends one signal for all members of a run, then at most one a minute with what has changed', async () => {
  const first = signals.follow(run, 0);
  const second = signals.follow(run, 1);
  first.report(at(1));
  second.report(at(1));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(sent.map(({ rows }) => rows.map(([position]) => position))).toEqual([[0, 1]]);
  for (let done = 2; done <= 100; done++) {
    first.report(at(done));
    second.report(at(1));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(sent.map((signal) => signal.at)).toEqual([2_000, 62_000]);
  // Epoch 61 was reported at 61 s; the second member had nothing new.
  expect(sent[1]!.rows.map(([position, done]) => [position, done])).toEqual([[0, 61]]);
});

it('sends nothing while nothing changes', async () => {
  const news = signals.follow(run, 0);
  news.report(at(1));
  await vi.advanceTimersByTimeAsync(2_000);
  for (let minute = 0; minute < 10; minute++) {
    news.report(at(1));
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect(sent).toHaveLength(1);
});

it('keeps to the interval when a member is retried', async () => {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const news = signals.follow(run, 0);
    news.report(at(attempt));
    await vi.advanceTimersByTimeAsync(3_000);
    news.close();
  }
  expect(sent).toHaveLength(1);
});

it('says again where a member stands that goes on after a pause', async () => {
  for (let round = 0; round < 2; round++) {
    const news = signals.follow(run, 0);
    news.report(at(5));
    await vi.advanceTimersByTimeAsync(60_000);
    news.close();
  }
  expect(sent.map(({ rows }) => rows.map(([, done]) => done))).toEqual([[5], [5]]);
});

it('becomes rarer in a run of weeks, so that its history stays within limits', async () => {
  const news = signals.follow(run, 0);
  const day = 86_400_000;
  vi.setSystemTime(10 * day);
  for (let done = 1; done <= 24 * 60; done++) {
    news.report(at(done));
    await vi.advanceTimersByTimeAsync(60_000);
  }
  // Every 10 d / 600 = 24 min: 60 a day.
  expect(sent.length).toBeGreaterThan(50);
  expect(sent.length).toBeLessThan(62);
});

it('sends again what a failed signal should have brought', async () => {
  const send = vi.fn(async () => {});
  send.mockRejectedValueOnce(new Error('away'));
  signals = new ProgressSignals({ intervalMs: 1_000, send });
  const news = signals.follow(run, 0);
  news.report(at(1));
  await vi.advanceTimersByTimeAsync(1_000);
  news.report(at(1));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(send).toHaveBeenCalledTimes(2);
});

it('tells why an attempt failed once, and anew where it is another reason or did not arrive', async () => {
  const news = signals.follow(run, 0);
  const reasons = () =>
    sent.flatMap(({ rows }) => rows.map(([, done, , , , , , trouble]) => [done, trouble]));
  news.report(at(1), 'killed');
  // Heard of again before the signal leaves: it must not lose its reason.
  news.report(at(2), 'killed');
  await vi.advanceTimersByTimeAsync(2_000);
  news.report(at(2), 'killed');
  await vi.advanceTimersByTimeAsync(60_000);
  news.report(at(3), 'killed');
  await vi.advanceTimersByTimeAsync(60_000);
  news.report(at(3), 'no space left');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reasons()).toEqual([
    [2, 'killed'],
    [3, undefined],
    [3, 'no space left'],
  ]);
  news.close();
});
