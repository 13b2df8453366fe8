import type { JobProgress, NodeProgress, RunProgress } from '@ddad/contract';
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

/** A node of an invented method. */
const node = (id: string, key: string, changes: Partial<NodeProgress> = {}): NodeProgress => ({
  id,
  key,
  kind: 'trained-nets',
  stage: 'training',
  unit: 'epoch',
  madeBy: 'trainer',
  reused: false,
  ...figures(),
  ...changes,
});
const net = (index: number, key: string, changes: Partial<NodeProgress> = {}): NodeProgress =>
  node(`net ${index}`, key, { member: { role: 'net', index, seed: 1 }, ...changes });

/** A run of one network, of scores by it, and of a second network that is trained on them. */
const progress = (member: Partial<NodeProgress>, changes: Partial<RunProgress> = {}): RunProgress => ({
  stage: 'training',
  stages: ['planning', 'training', 'scoring', 'polishing', 'report', 'finished'],
  input: null,
  nodes: [
    net(0, 'a', member),
    node('scores', 'm', { kind: 'scored-sums', stage: 'scoring', unit: 'image', madeBy: 'scorer' }),
    node('polisher', 'r', { kind: 'scored-polishers', stage: 'polishing', madeBy: 'scorer' }),
  ],
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
  expect(tracker.view(2000).jobs[0]).toMatchObject({
    id: 'net 0',
    name: 'net 0',
    waitsFor: 'a trainer',
    held: false,
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
  expect(tracker.view(20_000).jobs[0]).toMatchObject({ state: 'waiting', done: 5, worker: null });
});

it('does not fall back to an older epoch when the minute report is a little behind', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  tracker.applyLive('a', running(9), 59_000);
  tracker.applyQuery(progress(running(8)), 60_000);
  expect(tracker.view(60_000).jobs[0]?.done).toBe(9);
});

it('follows the query alone where no live figures come', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(10)), 0);
  tracker.applyQuery(progress(running(20)), 60_000);
  expect(tracker.view(60_000).jobs[0]).toMatchObject({ done: 20, secondsLeft: 120 });
});

it('keeps a finished member finished whatever comes late', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(39)), 0);
  tracker.applyQuery(progress(figures({ done: 40, state: 'finished', worker: 't1', loss: 0.1 })), 5000);
  tracker.applyLive('a', running(40), 6000);
  const member = tracker.view(6000).jobs[0];
  expect(member).toMatchObject({ state: 'finished', done: 40, loss: 0.1, reused: false, seconds: 5 });
});

it('knows a member that the plan found finished', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress({ done: 40, state: 'finished', reused: true }), 0);
  expect(tracker.view(0).jobs[0]).toMatchObject({ reused: true, seconds: null });
});

it('takes from the result how long a job took, and how long the whole run', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress({ done: 40, state: 'finished' }), 0);
  const member = { role: 'net', index: 0, seed: 1, key: 'a', trainer: 't1', seconds: 12, loss: 1 };
  tracker.applyResult({ members: [{ ...member, reused: true }], seconds: { total: 20 } });
  expect(tracker.view(1000)).toMatchObject({ elapsed: 20, jobs: [{ seconds: 12, reused: true }] });
});

it('estimates the time left from the pace of the last epochs', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  expect(tracker.view(0).jobs[0]?.secondsLeft).toBeNull();
  tracker.applyLive('a', running(10), 1000);
  tracker.applyLive('a', running(12), 5000);
  // 2 s an epoch, 28 epochs left; 1 s of the next one has passed.
  expect(tracker.view(6000).jobs[0]?.secondsLeft).toBe(55);
});

it('measures no pace from what the query told late to what comes live', () => {
  const tracker = new RunTracker(0);
  // It is at epoch 15 in truth, and makes one in 2 s.
  tracker.applyQuery(progress(running(10)), 0);
  tracker.applyLive('a', running(16), 1000);
  expect(tracker.view(1000).jobs[0]?.secondsLeft).toBeNull();
  tracker.applyLive('a', running(17), 3000);
  expect(tracker.view(3000).jobs[0]?.secondsLeft).toBe(46);
  tracker.applyQuery(progress(running(18)), 60_000);
  expect(tracker.view(3000).jobs[0]?.secondsLeft).toBe(46);
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
  expect(tracker.view(3000).jobs[0]?.secondsLeft).toBeNull();
});

it("shows a stage's jobs once it has begun", () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(1)), 0);
  expect(tracker.view(0).jobs.map(({ id }) => id)).toEqual(['net 0']);
  expect(tracker.keys()).toEqual(['a']);
  tracker.applyQuery(progress(running(40), { stage: 'scoring' }), 1000);
  tracker.applyLive('m', { ...running(50, 'scorer'), total: 200 }, 2000);
  expect(tracker.view(2000).jobs.slice(1)).toMatchObject([
    { name: 'scores', kind: 'scored-sums', unit: 'image', done: 50, state: 'running', stage: 'scoring' },
  ]);
  tracker.applyQuery(progress(running(40), { stage: 'polishing' }), 3000);
  expect(tracker.view(3000).jobs[2]).toMatchObject({
    name: 'polisher',
    state: 'waiting',
    waitsFor: 'a scorer',
    total: 40,
  });
  expect(tracker.keys()).toEqual(['a', 'm', 'r']);
});

it('shows what is at work for a later stage already', () => {
  const tracker = new RunTracker(0);
  const nodes = [net(0, 'a', running(1)), node('early', 'e', { stage: 'scoring', ...running(2) })];
  tracker.applyQuery(progress({}, { nodes }), 0);
  expect(tracker.view(0).jobs.map(({ id }) => id)).toEqual(['net 0', 'early']);
});

it('keeps what a paused run has begun on the screen', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(40), { stage: 'polishing' }), 0);
  tracker.applyQuery(progress(running(40), { stage: 'paused', pausedIn: 'polishing' }), 1000);
  const view = tracker.view(1000);
  expect(view).toMatchObject({ stage: 'paused', within: 'polishing', secondsLeft: null });
  expect(view.jobs.map(({ name }) => name)).toEqual(['net 0', 'scores', 'polisher']);
});

it('takes up members that are added while it follows', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(1)), 0);
  tracker.applyQuery(progress({}, { nodes: [net(0, 'a', running(2)), net(1, 'b')] }), 1000);
  expect(tracker.keys()).toContain('b');
  expect(tracker.view(1000).jobs.map(({ name }) => name)).toEqual(['net 0', 'net 1']);
});

it('begins anew with a job that is made under another key', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(running(20)), 0);
  tracker.applyQuery(progress({}, { nodes: [net(0, 'other')] }), 1000);
  expect(tracker.view(1000).jobs).toMatchObject([{ id: 'net 0', key: 'other', done: 0, losses: [] }]);
});

it('gives two nodes that want the same artifact the same figures', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress({}, { nodes: [net(0, 'a'), net(1, 'a')] }), 0);
  tracker.applyLive('a', running(5), 1000);
  expect(tracker.keys()).toEqual(['a']);
  expect(tracker.view(1000).jobs.map(({ name, done }) => [name, done])).toEqual([
    ['net 0', 5],
    ['net 1', 5],
  ]);
});

it('collects the losses of a job, and forgets those of epochs that it lost', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  for (const done of [1, 2, 3]) tracker.applyLive('a', { ...running(done), loss: 1 / done }, done * 1000);
  tracker.applyLive('a', { ...running(2), loss: 0.4 }, 4000);
  expect(tracker.view(4000).jobs[0]?.losses).toEqual([
    [1, 1],
    [2, 0.4],
  ]);
});

it("estimates when all of a stage's jobs will have finished", () => {
  const tracker = new RunTracker(0);
  const nodes = [net(0, 'a'), net(1, 'b'), net(2, 'c')];
  tracker.applyQuery(progress({}, { nodes }), 0);
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

it('adds up no epochs and images', () => {
  const tracker = new RunTracker(0);
  const nodes = [net(0, 'a', running(1)), node('scores', 'b', { unit: 'image' })];
  tracker.applyQuery(progress({}, { nodes }), 0);
  for (const done of [1, 2]) tracker.applyLive('a', running(done), (done - 1) * 1000);
  expect(tracker.view(1000)).toMatchObject({ secondsLeft: null, jobs: [{ secondsLeft: 38 }, {}] });
});

it('has the losses of what is finished looked up, each once, by kind and key', async () => {
  const tracker = new RunTracker(0);
  const done = { state: 'finished', done: 2, total: 2 } as const;
  const nodes = [net(0, 'a', done), net(1, 'b', running(1)), node('scores', 'c', { unit: 'image', ...done })];
  tracker.applyQuery(progress({}, { nodes }), 0);
  const asked: string[] = [];
  const historyOf = async (kind: string, key: string) => {
    asked.push(`${kind} ${key}`);
    return [0.5, 0.25];
  };
  for (let i = 0; i < 2; i++) await tracker.recall(historyOf, new AbortController().signal);
  expect(asked).toEqual(['trained-nets a']);
  expect(tracker.view(0).jobs[0]?.losses).toEqual([
    [1, 0.5],
    [2, 0.25],
  ]);
});

it('keeps why an attempt failed beside live figures, which do not know it, until the job is finished', () => {
  const tracker = new RunTracker(0);
  const trouble = 'its process was killed';
  tracker.applyQuery(progress({ ...figures(), trouble }), 0);
  tracker.applyLive('a', running(5), 1000);
  expect(tracker.view(2000).jobs[0]).toMatchObject({ done: 5, trouble });
  tracker.applyLive('a', figures({ state: 'finished', done: 40 }), 3000);
  expect(tracker.view(3000).jobs[0]!.trouble).toBeUndefined();
});

it('tells how long all stages take together, those to come by what the like took before', () => {
  const at = (expected: Partial<NodeProgress>) => {
    const tracker = new RunTracker(0);
    const nodes = [
      ...[net(0, 'a'), net(1, 'b'), net(2, 'c')],
      node('scores', 'm', { kind: 'scored-sums', stage: 'scoring', madeBy: 'scorer', ...expected }),
    ];
    tracker.applyQuery(progress({}, { nodes }), 0);
    expect(tracker.view(0).wholeLeft).toEqual(
      expected.expectedSeconds === undefined ? null : { seconds: expected.expectedSeconds, atLeast: true },
    );
    for (const [done, time] of [
      [0, 0],
      [10, 10_000],
    ] as const) {
      tracker.applyLive('a', running(done), time);
      tracker.applyLive('b', running(done, 't2'), time);
    }
    return tracker.view(10_000).wholeLeft;
  };
  // 30, 30 and 40 s of the networks on two trainers, then the scores.
  expect(at({ expectedSeconds: 12 })).toEqual({ seconds: 50 + 12, atLeast: false });
  expect(at({})).toEqual({ seconds: 50, atLeast: true });
});

it('says of a job of a paused run that it is held, and of a cancelled one how far it came', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  tracker.applyLive('a', running(12), 1000);
  tracker.applyQuery(progress(figures({ done: 12 }), { stage: 'paused', pausedIn: 'training' }), 20_000);
  expect(tracker.view(20_000).jobs[0]).toMatchObject({ state: 'waiting', held: true, done: 12 });
  tracker.applyQuery(progress(figures({ done: 10, state: 'cancelled' })), 21_000);
  expect(tracker.view(21_000).jobs[0]).toMatchObject({ state: 'cancelled', held: false, done: 12 });
});

it('shows what a job that waits again has kept', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures({ done: 12 })), 0);
  tracker.applyLive('a', figures(), 1000);
  expect(tracker.view(1000).jobs[0]).toMatchObject({ state: 'waiting', done: 12 });
});

it('knows how the method differs from its source once that is told', () => {
  const tracker = new RunTracker(0);
  tracker.applyQuery(progress(figures()), 0);
  expect(tracker.view(0).deviations).toEqual([]);
  tracker.applyQuery(progress(figures(), { deviations: ['no pretrained weights'] }), 1);
  expect(tracker.view(1).deviations).toEqual(['no pretrained weights']);
});
