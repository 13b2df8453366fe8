import type { JobProgress, RunProgress } from '@ddad/contract';
import { expect, it } from 'vitest';
import { RunTracker } from './run-tracker.ts';

const figures = (changes: Partial<JobProgress> = {}): JobProgress => ({
  done: 0,
  total: 40,
  loss: null,
  imagesPerSecond: 0,
  worker: null,
  state: 'waiting',
  ...changes,
});

const progress = (member: JobProgress, changes: Partial<RunProgress> = {}): RunProgress => ({
  stage: 'training',
  input: null,
  members: [{ role: 'ndm', index: 0, seed: 1, key: 'a', ...member }],
  maps: 'm',
  refiners: [{ input: 'dual', key: 'r' }],
  updatedAt: null,
  ...changes,
});

const running = (done: number, worker = 't1') =>
  figures({ done, worker, state: 'running', imagesPerSecond: 100 });

it('shows live figures over a query that has nothing new', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  tracker.applyLive('a', running(5), 1000);
  tracker.applyQuery(progress(figures()), 2000);
  expect(tracker.view(2000).members[0]).toMatchObject({
    name: 'ndm 0',
    done: 5,
    worker: 't1',
    state: 'running',
  });
});

it('believes the query once it tells something newer than the last live message', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  tracker.applyLive('a', running(5), 1000);
  tracker.applyQuery(progress(figures({ done: 5 })), 20_000);
  expect(tracker.view(20_000).members[0]).toMatchObject({ state: 'waiting', done: 5, worker: null });
});

it('does not fall back to an older epoch when the minute report is a little behind', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  tracker.applyLive('a', running(9), 59_000);
  tracker.applyQuery(progress(running(8)), 60_000);
  expect(tracker.view(60_000).members[0]?.done).toBe(9);
});

it('follows the query alone where no live figures come', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(10)), 0);
  tracker.applyQuery(progress(running(20)), 60_000);
  expect(tracker.view(60_000).members[0]).toMatchObject({ done: 20, secondsLeft: 120 });
});

it('keeps a finished member finished whatever comes late', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(39)), 0);
  tracker.applyQuery(progress(figures({ done: 40, state: 'finished', worker: 't1', loss: 0.1 })), 5000);
  tracker.applyLive('a', running(40), 6000);
  const member = tracker.view(6000).members[0];
  expect(member).toMatchObject({ state: 'finished', done: 40, loss: 0.1, reused: false, seconds: 5 });
});

it('knows a member that the plan found finished', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures({ done: 40, state: 'finished' })), 0);
  expect(tracker.view(0).members[0]).toMatchObject({ reused: true, seconds: null });
});

it('estimates the time left from the pace of the last epochs', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  expect(tracker.view(0).members[0]?.secondsLeft).toBeNull();
  tracker.applyLive('a', running(10), 1000);
  tracker.applyLive('a', running(12), 5000);
  // 2 s an epoch, 28 epochs left; 1 s of the next one has passed.
  expect(tracker.view(6000).members[0]?.secondsLeft).toBe(55);
});

it('starts the pace anew where epochs were lost', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  for (const [done, at] of [
    [10, 1000],
    [20, 2000],
    [5, 3000],
  ] as const)
    tracker.applyLive('a', running(done), at);
  expect(tracker.view(3000).members[0]?.secondsLeft).toBeNull();
});

it('shows maps and refiners from their stage on, and as finished after it', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(1)), 0);
  expect(tracker.view(0).others).toEqual([]);
  tracker.applyQuery(progress(running(40), { stage: 'maps' }), 1000);
  tracker.applyLive('m', { ...running(50, 'scorer'), total: 200 }, 2000);
  expect(tracker.view(2000).others).toMatchObject([
    { name: 'maps', unit: 'image', done: 50, state: 'running' },
  ]);
  tracker.applyQuery(progress(running(40), { stage: 'refining' }), 3000);
  expect(tracker.view(3000).others).toMatchObject([
    { name: 'maps', state: 'finished' },
    { name: 'refiner dual', state: 'waiting', waitsFor: null },
  ]);
});

it('shows the scores of subsets beside the maps', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(40), { stage: 'maps', kCurve: 'c' }), 0);
  expect(tracker.view(0).others.map(({ name, unit }) => [name, unit])).toEqual([
    ['maps', 'image'],
    ['subsets', 'image'],
  ]);
});

it('keeps what a paused run has begun on the screen', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(40), { stage: 'refining' }), 0);
  tracker.applyQuery(progress(running(40), { stage: 'paused', pausedIn: 'refining' }), 1000);
  const view = tracker.view(1000);
  expect(view.stage).toBe('paused');
  expect(view.others.map(({ name }) => name)).toEqual(['maps', 'refiner dual']);
});

it('takes up members that are added while it follows', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(1)), 0);
  const [first] = progress(running(2)).members;
  const added = { ...figures(), role: 'ndm', index: 1, seed: 2, key: 'b' } as const;
  tracker.applyQuery(progress(running(2), { members: [first!, added] }), 1000);
  expect(tracker.keys()).toContain('b');
  expect(tracker.view(1000).members.map(({ name }) => name)).toEqual(['ndm 0', 'ndm 1']);
});

it('collects the losses of a job, and forgets those of epochs that it lost', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  for (const done of [1, 2, 3]) tracker.applyLive('a', { ...running(done), loss: 1 / done }, done * 1000);
  tracker.applyLive('a', { ...running(2), loss: 0.4 }, 4000);
  expect(tracker.view(4000).members[0]!.losses).toEqual([
    [1, 1],
    [2, 0.4],
  ]);
});

it('estimates when all members will have finished', () => {
  const tracker = new RunTracker(0);
  const member = (index: number, key: string) => ({
    role: 'ndm' as const,
    index,
    seed: 1,
    key,
    ...figures(),
  });
  const members = [member(0, 'a'), member(1, 'b'), member(2, 'c')];
  tracker.applyQuery({ ...progress(figures()), members }, 0);
  expect(tracker.view(0).secondsLeft).toBeNull();
  for (const [done, at] of [
    [0, 0],
    [10, 10_000],
  ] as const) {
    tracker.applyLive('a', running(done), at);
    tracker.applyLive('b', running(done), at);
  }
  // 30 epochs of two members and 40 of the third are left, at two a second: 50 s.
  expect(tracker.view(10_000)).toMatchObject({ secondsLeft: 50, imagesPerSecond: 200 });
});
