import { JobError } from '@ddad/rpc';
import { ObjectNotFound, StoreError } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';
import { toTemporalFailure } from '../job-failures.ts';
import { addSetback, describeSetbacks, failedOn, isSetback, noSetbacks, outOfPatience } from './setbacks.ts';

const patience = { failures: 3, forMs: 1000 };

describe('a setback', () => {
  it.each([
    [new JobError('failed', 'the process died'), true],
    [new Error('the trainer finished, but the member is not published'), true],
    [new ObjectNotFound('datasets/x'), true],
    [new JobError('failed', 'connection refused', { transport: true, lost: true }), false],
    [new JobError('failed', 'connection reset', { transport: true, lost: true, taken: true }), true],
    [new JobError('leaving', 'the service shuts down'), false],
    [new JobError('busy', 'no free slot'), false],
    [new JobError('superseded', 'a newer attempt'), false],
    [new JobError('stopped', 'nobody took it over'), false],
    [new StoreError('no connection', 'ECONNREFUSED'), false],
    [new StoreError('no rights', 'AccessDenied'), true],
    [new JobError('denied', 'the trainer has no rights'), true],
  ])('is what may be the member’s own fault: %s, %s', (error, expected) => {
    expect(isSetback(error)).toBe(expected);
    // As the followed job's end reaches the activity.
    if (error instanceof JobError) expect(isSetback(toTemporalFailure(error, 'ndm 0'))).toBe(expected);
  });

  it('is neither what is not retried anyway nor a coordinator that shuts down', () => {
    expect(isSetback(toTemporalFailure(new JobError('diverged', 'NaN'), 'ndm 0'))).toBe(false);
    expect(isSetback(ApplicationFailure.create({ type: 'CoordinatorLeft', message: 'x' }))).toBe(false);
  });
});

const on = (worker: string | null, message = 'disk full') => ({ worker, message });

describe('patience', () => {
  it('ends after so many setbacks in a row over so long a time', () => {
    let setbacks = noSetbacks;
    for (const [at, ended] of [
      [5000, false],
      [5100, false],
      [5200, false],
      [5999, false],
      [6000, true],
    ] as const) {
      setbacks = addSetback(setbacks, 40, at, on('a'));
      expect(outOfPatience(setbacks, patience, at, false)).toBe(ended);
    }
    const few = addSetback(addSetback(noSetbacks, 40, 0, on('a')), 40, 10_000, on('a'));
    expect(outOfPatience(few, patience, 10_000, false)).toBe(false);
  });

  it('begins anew once there is a newer checkpoint', () => {
    let setbacks = noSetbacks;
    for (const at of [0, 500, 1000]) setbacks = addSetback(setbacks, 40, at, on('a'));
    expect(outOfPatience(setbacks, patience, 1000, false)).toBe(true);
    setbacks = addSetback(setbacks, 41, 2000, on('b'));
    expect(setbacks).toEqual({ count: 1, since: 2000, steps: 41, causes: [on('b')] });
    // A checkpoint that was lost is no progress.
    expect(addSetback(setbacks, 3, 2100, on('b'))).toEqual({ ...setbacks, count: 2 });
  });

  it('does not end on one worker while others are there that have not failed it', () => {
    let setbacks = noSetbacks;
    for (let at = 0; at <= 20_000; at += 1000) setbacks = addSetback(setbacks, 40, at, on('a'));
    expect(outOfPatience(setbacks, patience, 20_000, true)).toBe(false);
    expect(outOfPatience(setbacks, patience, 20_000, false)).toBe(true);
    setbacks = addSetback(setbacks, 40, 21_000, on('b'));
    expect(outOfPatience(setbacks, patience, 21_000, true)).toBe(true);
  });

  it('ends whoever is there where no worker had the job', () => {
    let setbacks = noSetbacks;
    for (const at of [0, 500, 1000]) setbacks = addSetback(setbacks, 40, at, on(null, 'no such dataset'));
    expect(outOfPatience(setbacks, patience, 1000, true)).toBe(true);
  });

  it('goes by the count of an older coordinator, which kept no causes', () => {
    const setbacks = addSetback({ count: 7, since: 0, steps: 40 }, 40, 5000, on('a'));
    expect(setbacks).toEqual({ count: 8, since: 0, steps: 40, causes: [on('a')] });
    expect(outOfPatience(setbacks, patience, 5000, true)).toBe(false);
  });
});

it('names the last cause of every worker, and cuts off what is too long', () => {
  let setbacks = addSetback(noSetbacks, 40, 0, on('a', 'trainer a: disk full'));
  setbacks = addSetback(setbacks, 40, 60_000, on('b', 'trainer b: first'));
  setbacks = addSetback(setbacks, 40, 120_000, on('b', 'trainer b: cannot be made'));
  expect(failedOn(setbacks)).toEqual(['a', 'b']);
  expect(describeSetbacks(setbacks, 120_000)).toBe(
    '3 attempts in a row got no further than step 40, over 2 minutes; the last one: trainer b: cannot be made; ' +
      'before it, elsewhere: trainer a: disk full',
  );
  for (const id of ['c', 'd', 'e', 'f']) setbacks = addSetback(setbacks, 40, 0, on(id, 'x'.repeat(5000)));
  expect(failedOn(setbacks)).toEqual(['b', 'c', 'd', 'e', 'f']);
  expect(JSON.stringify(setbacks).length).toBeLessThan(5000);
});
