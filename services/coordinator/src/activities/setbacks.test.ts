import { JobError } from '@ddad/rpc';
import { ObjectNotFound, StoreError } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';
import { toTemporalFailure } from '../job-failures.ts';
import { addSetback, isSetback, noSetbacks, outOfPatience } from './setbacks.ts';

const patience = { failures: 3, forMs: 1000 };

describe('a setback', () => {
  it.each([
    [new JobError('failed', 'the process died'), true],
    [new Error('the trainer finished, but the member is not published'), true],
    [new ObjectNotFound('datasets/x'), true],
    [new JobError('failed', 'connection refused', { transport: true, lost: true }), false],
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
      setbacks = addSetback(setbacks, 40, at);
      expect(outOfPatience(setbacks, patience, at)).toBe(ended);
    }
    const few = addSetback(addSetback(noSetbacks, 40, 0), 40, 10_000);
    expect(outOfPatience(few, patience, 10_000)).toBe(false);
  });

  it('begins anew once there is a newer checkpoint', () => {
    let setbacks = noSetbacks;
    for (const at of [0, 500, 1000]) setbacks = addSetback(setbacks, 40, at);
    expect(outOfPatience(setbacks, patience, 1000)).toBe(true);
    setbacks = addSetback(setbacks, 41, 2000);
    expect(setbacks).toEqual({ count: 1, since: 2000, steps: 41 });
    // A checkpoint that was lost is no progress.
    expect(addSetback(setbacks, 3, 2100)).toEqual({ count: 2, since: 2000, steps: 41 });
  });
});
