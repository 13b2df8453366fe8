import type { JobProgress, RunProgress, RunResult } from '@ddad/contract';
import type { RunView } from '@ddad/runs';
import { expect, it } from 'vitest';
import { type FollowDeps, followRun } from './follow-run.ts';
import { inventedProgress, inventedResult, student } from './invented-method.testing.ts';
import type { RunDisplay } from './run-display.ts';

const progress = (): RunProgress => inventedProgress([student(0)]);
const figures: JobProgress = {
  done: 3,
  total: 4,
  loss: null,
  imagesPerSecond: 0,
  worker: 't',
  state: 'running',
};

function setUp(changes: Partial<FollowDeps> = {}) {
  const end = Promise.withResolvers<RunResult>();
  const views: RunView[] = [];
  const notes: (string | null)[] = [];
  const said: string[] = [];
  const seen = new Map<(view: RunView) => boolean, () => void>();
  const display: RunDisplay & { closed: number } = {
    closed: 0,
    update(view) {
      views.push(view);
      for (const [test, done] of seen) if (test(view)) done();
    },
    note: (text) => void notes.push(text),
    say: (text) => void said.push(text),
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
  return { deps, end, views, notes, said, display, until };
}

const member = { role: 'student', index: 0, seed: 0, key: 'key-0', trainer: 't1', seconds: 42, loss: 0.1 };
const result = inventedResult({ members: [{ ...member, reused: false }], seconds: { total: 61 } });

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
  await until((view) => view.jobs.length === 1);
  expect(subscribed).toEqual(['key-0']);
  publish!('key-0', figures);
  await until((view) => view.jobs[0]?.done === 3);
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
  await until((view) => view.jobs.length === 1);
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

it('rejects with what the run ended with, its last state shown and the display closed', async () => {
  const failed = inventedProgress([student(0, { state: 'failed' })]);
  const { deps, end, views, display } = setUp({ queryProgress: async () => failed });
  end.reject(new Error('diverged'));
  await expect(followRun(deps)).rejects.toThrow('diverged');
  expect(views.at(-1)?.jobs[0]?.state).toBe('failed');
  expect(display.closed).toBe(1);
});

it('shows the losses of a member that had finished before, and goes on where they cannot be had', async () => {
  const finished = { done: 4, loss: 0.1, worker: 't1', state: 'finished' } as const;
  const nodes = [student(0, finished), student(1, finished)];
  const asked: string[] = [];
  const { deps, end, views, until } = setUp({
    since: performance.now() - 60_000,
    queryProgress: async () => inventedProgress(nodes),
    async history(kind, key) {
      asked.push(`${kind}/${key}`);
      if (key === 'key-1') throw new Error('the store is away');
      return [0.4, 0.3, 0.2, 0.1];
    },
  });
  const following = followRun(deps);
  await until((view) => view.jobs[0]?.losses.length === 4);
  end.resolve(result);
  await following;
  const { jobs: [first, second] = [], elapsed } = views.at(-1) ?? {};
  expect(first?.losses.at(-1)).toEqual([4, 0.1]);
  expect(second?.losses).toEqual([[4, 0.1]]);
  // As the result says.
  expect(first?.seconds).toBe(42);
  expect(asked).toEqual(['trained-students/key-0', 'trained-students/key-1']);
  expect(elapsed).toBe(61);
});

it('lets go of the run when the user detaches', async () => {
  const controller = new AbortController();
  const { deps, until, display } = setUp({ detach: controller.signal });
  const following = followRun(deps);
  await until((view) => view.jobs.length === 1);
  controller.abort('SIGINT');
  await expect(following).rejects.toBe('SIGINT');
  expect(display.closed).toBe(1);
});

it('says once how the method differs from its source, as soon as the run is planned', async () => {
  let asked = 0;
  const { deps, end, said, until } = setUp({
    queryProgress: async () => {
      asked += 1;
      if (asked === 1) return inventedProgress([], { stage: 'planning' });
      return inventedProgress([student(0)], { deviations: ['no pretrained weights', 'epochs 2 of 9'] });
    },
  });
  const following = followRun(deps);
  await until(() => asked > 3);
  end.resolve(result);
  await following;
  expect(said).toEqual([
    'differs from its source: no pretrained weights',
    'differs from its source: epochs 2 of 9',
  ]);
});
