import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.testing.ts';
import { trainer } from './fake-link.testing.ts';
import { WorkerPool } from './worker-pool.ts';

let clock: ManualClock;
let rested: number;
let pool: WorkerPool;

beforeEach(() => {
  clock = new ManualClock();
  rested = 0;
  pool = new WorkerPool(clock, () => {
    rested += 1;
  });
});

const offered = () => pool.takingOffers.map(({ id }) => id);

describe('the freest worker', () => {
  it('is the one with the most slots left, of equal ones the first', () => {
    pool.set([trainer('t1'), trainer('t2', { slots: 3, keys: ['a'] }), trainer('t3', { slots: 2 })]);
    expect(pool.free([])[0]?.id).toBe('t2');
  });

  it('counts what its entry says is held and what was handed out since, nothing twice', () => {
    const big = trainer('big', { slots: 3, keys: ['somebody else', 'm0'] });
    pool.set([big]);
    const given = (...keys: string[]) => keys.map((key) => ({ worker: big, key }));
    expect(pool.free(given('m0'))[0]?.id).toBe('big');
    expect(pool.free(given('m0', 'm1'))).toEqual([]);
  });

  it('is none that leaves, says that it is unfit, or is gone', () => {
    pool.set([trainer('t1', { unfit: 'no space left' })]);
    expect(pool.free([])).toEqual([]);
    expect(pool.present).toEqual([]);
    // It may be asked for what it holds from before.
    expect(pool.holders.map(({ id }) => id)).toEqual(['t1']);
    pool.set([trainer('t1', { leaving: true })]);
    expect(pool.free([])).toEqual([]);
    pool.set([trainer('t2')]);
    expect(pool.free([])[0]?.id).toBe('t2');
    pool.set([]);
    expect(pool.free([])).toEqual([]);
  });
});

it('takes a worker for busy that was given a job or says that it holds one', () => {
  const given = trainer('given');
  pool.set([given, trainer('holds', { keys: ['m'] }), trainer('idle')]);
  expect(pool.busy([{ worker: given, key: 'n' }])).toEqual(new Set(['given', 'holds']));
});

describe('a worker that rests', () => {
  it('takes no offers until its time is over, and then somebody is told', () => {
    const [t1, t2] = [trainer('t1'), trainer('t2')];
    pool.set([t1, t2]);
    pool.rest(t1, 2_000);
    expect(offered()).toEqual(['t2']);
    clock.move(1_999);
    expect([offered(), rested]).toEqual([['t2'], 0]);
    clock.move(1);
    expect([offered(), rested]).toEqual([['t1', 't2'], 1]);
  });

  it('takes offers at once when its entry changes, not when it repeats it', () => {
    pool.set([trainer('t1')]);
    pool.rest(trainer('t1'), 2_000);
    pool.set([trainer('t1')]);
    expect(offered()).toEqual([]);
    pool.set([trainer('t1', { slots: 2 })]);
    expect(offered()).toEqual(['t1']);
    expect(clock.pending, 'timers left behind').toBe(0);
  });

  it('has to say something else than when it was sent to rest, not than when it was asked', () => {
    const asked = trainer('t1');
    const now = trainer('t1', { keys: ['m'] });
    pool.set([now]);
    pool.rest(asked, 2_000);
    pool.set([now]);
    expect(offered()).toEqual([]);
  });

  it('for its silence is not asked again for what its entry says, but another instance under its id is', () => {
    pool.set([trainer('t1')]);
    pool.rest(trainer('t1'), 2_000, true);
    pool.set([trainer('t1', { keys: ['m'] })]);
    expect(offered()).toEqual([]);
    pool.set([trainer('t1', { since: '2026-02-02T00:00:00.000Z' })]);
    expect(offered()).toEqual(['t1']);
    expect(clock.pending, 'timers left behind').toBe(0);
  });

  it('starts its rest anew when it is sent again', () => {
    const t1 = trainer('t1');
    pool.set([t1]);
    pool.rest(t1, 2_000);
    clock.move(1_000);
    pool.rest(t1, 2_000);
    clock.move(1_999);
    expect(offered()).toEqual([]);
    clock.move(1);
    expect([offered(), rested]).toEqual([['t1'], 1]);
  });
});

it('leaves no timers behind when it is closed, and starts none', () => {
  pool.set([trainer('t1'), trainer('t2')]);
  pool.rest(trainer('t1'), 2_000);
  pool.close();
  pool.rest(trainer('t2'), 2_000);
  expect(clock.pending).toBe(0);
});
