import type { JobProgress, RunProgress, RunResult } from '@ddad/contract';
import { expect, it } from 'vitest';
import { type FollowDeps, followRun } from './follow-run.ts';
import type { RunDisplay } from './run-display.ts';
import type { RunView } from './run-view.ts';

const waiting = {
  done: 0,
  total: 4,
  loss: null,
  imagesPerSecond: 0,
  worker: null,
  state: 'waiting',
} as const;
const progress = (): RunProgress => ({
  stage: 'training',
  input: null,
  members: [{ role: 'ndm', index: 0, seed: 1, key: 'a', ...waiting }],
  maps: null,
  refiners: [],
  updatedAt: null,
});

function setUp(changes: Partial<FollowDeps> = {}) {
  const end = Promise.withResolvers<RunResult>();
  const views: RunView[] = [];
  const notes: (string | null)[] = [];
  const seen = new Map<(view: RunView) => boolean, () => void>();
  const display: RunDisplay & { closed: number } = {
    closed: 0,
    update(view) {
      views.push(view);
      for (const [test, done] of seen) if (test(view)) done();
    },
    note: (text) => void notes.push(text),
    say() {},
    close() {
      this.closed += 1;
    },
  };
  const until = (test: (view: RunView) => boolean) => new Promise<void>((resolve) => seen.set(test, resolve));
  const deps: FollowDeps = {
    queryProgress: async () => progress(),
    result: end.promise,
    live: Promise.resolve(null),
    display,
    now: () => performance.now(),
    detach: new AbortController().signal,
    intervals: { query: 5, draw: 5 },
    ...changes,
  };
  return { deps, end, views, notes, display, until };
}

const result = { runId: 'r' } as RunResult;

it('subscribes to the keys that the run names and shows their live figures', async () => {
  let publish: ((key: string, figures: JobProgress) => void) | null = null;
  let closed = 0;
  let subscribed: string[] = [];
  const { deps, end, until } = setUp({
    live: Promise.resolve((keys, onProgress) => {
      subscribed = keys;
      publish = onProgress;
      return { close: () => void closed++ };
    }),
  });
  const following = followRun(deps);
  await until((view) => view.members.length === 1);
  expect(subscribed).toEqual(['a']);
  publish!('a', { ...waiting, done: 3, worker: 't', state: 'running' });
  await until((view) => view.members[0]?.done === 3);
  end.resolve(result);
  expect(await following).toBe(result);
  expect(closed).toBe(1);
});

it('goes on without live figures and over failed queries', async () => {
  let calls = 0;
  const { deps, end, until, display } = setUp({
    queryProgress: async () => {
      calls += 1;
      if (calls % 2 === 1) throw new Error('away');
      return progress();
    },
  });
  const following = followRun(deps);
  await until((view) => view.members.length === 1);
  end.resolve(result);
  expect(await following).toBe(result);
  expect(display.closed).toBe(1);
});

it('says so when the run has told nothing for a while', async () => {
  let clock = 0;
  const { deps, end, notes, until } = setUp({
    now: () => (clock += 1000),
    queryProgress: () => Promise.reject(new Error('no worker answers')),
  });
  const following = followRun(deps);
  await until(() =>
    notes.some((note) => note !== null && /no news of the run for \d+ s: no worker answers/.test(note)),
  );
  end.resolve(result);
  await following;
});

it('rejects with what the run ended with, the display closed', async () => {
  const { deps, end, display } = setUp();
  const following = followRun(deps);
  end.reject(new Error('diverged'));
  await expect(following).rejects.toThrow('diverged');
  expect(display.closed).toBe(1);
});

it('lets go of the run when the user detaches', async () => {
  const controller = new AbortController();
  const { deps, until, display } = setUp({ detach: controller.signal });
  const following = followRun(deps);
  await until((view) => view.members.length === 1);
  controller.abort('SIGINT');
  await expect(following).rejects.toBe('SIGINT');
  expect(display.closed).toBe(1);
});
