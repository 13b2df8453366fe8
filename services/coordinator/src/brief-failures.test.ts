import { JobError } from '@ddad/rpc';
import { ObjectNotFound, StoreError } from '@ddad/storage';
import {
  ApplicationFailure,
  CancelledFailure,
  DefaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common';
import proto from '@temporalio/proto';
import { expect, it } from 'vitest';
import { brief } from './brief-failures.ts';
import { toTemporalFailure } from './job-failures.ts';

/** Of a failure that is to be retried Temporal keeps this much. */
const mostBytes = 4096;

function sizeOf(failure: unknown): number {
  const encoded = new DefaultFailureConverter().errorToFailure(failure, defaultPayloadConverter);
  return proto.temporal.api.failure.v1.Failure.encode(encoded).finish().length;
}

const denied = new StoreError('could not list members/ab12/ in bucket ddad: Access Denied.', 'AccessDenied');

it('is small enough to be kept, however long messages, stacks and causes are', () => {
  let error: Error = new Error('x'.repeat(10_000));
  for (let n = 0; n < 10; n++)
    error = new JobError('failed', `call ${n} ${'y'.repeat(2000)}`, { cause: error });
  const failure = toTemporalFailure(error, 'ndm 0');
  expect(sizeOf(failure)).toBeGreaterThan(mostBytes);
  expect(sizeOf(brief(failure, false))).toBeLessThan(mostBytes);
  expect(brief(failure, false)).toMatchObject({
    type: 'JobFailed',
    message: expect.stringMatching(/^ndm 0: call 9/),
    cause: { message: expect.stringMatching(/^call 9/) },
  });
});

it('keeps what the workflow and the next attempt go by', () => {
  const details = [[{ kind: 'members', key: 'ab', fault: 'found none' }]];
  const given = { message: 'damaged', type: 'DamagedArtifact', nonRetryable: true, details };
  expect(brief(ApplicationFailure.create(given), true)).toMatchObject(given);
  const left = ApplicationFailure.create({ type: 'CoordinatorLeft', nextRetryDelay: '1s' });
  expect(brief(left, true)).toMatchObject({
    type: 'CoordinatorLeft',
    nextRetryDelay: '1s',
    nonRetryable: false,
  });
  const cancelled = new CancelledFailure('cancelled');
  expect(brief(cancelled, true)).toBe(cancelled);
});

it('is not retried for ever where the store refuses, here or at the service that did the job', () => {
  for (const error of [denied, toTemporalFailure(new JobError('denied', denied.message), 'maps')]) {
    const type = 'StoreRefused';
    expect(brief(error, false)).toMatchObject({ type, nonRetryable: false });
    expect(brief(error, true)).toMatchObject({ type, nonRetryable: true });
    expect((brief(error, true) as Error).message).toContain('could not list members/ab12/ in bucket ddad');
  }
});

it('goes on being retried where the store is away, or an object is', () => {
  for (const error of [new StoreError('no connection', 'ECONNREFUSED'), new ObjectNotFound('datasets/x')]) {
    expect(brief(error, true)).toMatchObject({ nonRetryable: false, message: error.message });
  }
});
