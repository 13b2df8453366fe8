import { JobError } from '@ddad/rpc';
import { expect, it } from 'vitest';
import { SharedJob, type Want } from './shared-job.ts';

const run = { workflowId: 'r', runId: 'r', startedAt: 0 };
const want = (more: Partial<Want<object>> = {}): Want<object> => ({
  key: 'm',
  job: { epochs: 9 },
  run,
  order: 0,
  total: 10,
  ...more,
});

it('tells every caller how it goes and how it ends', async () => {
  const seen: number[] = [];
  const job = new SharedJob(want());
  const first = job.join(want());
  const second = job.join(want({ onProgress: ({ done }) => seen.push(done) }));
  expect(job.progress).toEqual({
    done: 0,
    total: 10,
    loss: null,
    imagesPerSecond: 0,
    worker: null,
    state: 'waiting',
  });
  job.show({ worker: 't1', state: 'running' });
  job.show({ done: 3, loss: 0.5, imagesPerSecond: 7 });
  expect(seen).toEqual([0, 3]);
  expect(job.progress).toMatchObject({ done: 3, total: 10, worker: 't1', state: 'running' });
  job.settle({ error: new JobError('diverged', 'loss is NaN') });
  await expect(first.outcome).rejects.toMatchObject({ kind: 'diverged' });
  await expect(second.outcome).rejects.toMatchObject({ kind: 'diverged' });
  expect(job.wanted).toBe(false);
});

it('says which caller was the last one to leave, once', () => {
  const job = new SharedJob(want());
  const [first, second] = [job.join(want()), job.join(want())];
  expect(job.leave(first)).toBe(false);
  expect(job.leave(first)).toBe(false);
  expect(job.wanted).toBe(true);
  expect(job.leave(second)).toBe(true);
  expect(job.leave(second)).toBe(false);
  expect(job.wanted).toBe(false);
});

it('shows the figures of the beginning while it waits for another worker', () => {
  const job = new SharedJob(want());
  const before = job.progress;
  job.show({ done: 3, loss: 0.5, worker: 't1', state: 'running' });
  job.waitAgain();
  expect(job.progress).toEqual(before);
  expect(job.lease).toBeNull();
});

it('knows the same job in every detail from one that shares the key only', () => {
  const job = new SharedJob(want());
  expect(job.is({ epochs: 9 })).toBe(true);
  expect(job.is({ epochs: 10 })).toBe(false);
});
