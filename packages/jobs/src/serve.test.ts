import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@ddad/platform';
import {
  close,
  connectWorker,
  createServer,
  JobError,
  type JobStep,
  listen,
  MakeRequest,
  streamJob,
  unary,
  type WorkerServiceClient,
  WorkerServiceService,
} from '@ddad/rpc';
import { artifactKey } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JobHost } from './job-host.ts';
import type { TestTask } from './job-process.testing.ts';
import { serveJob, serveStop } from './serve.ts';

const spec = { test: 'serve' };
const key = artifactKey(spec);

let folder: string;
let host: JobHost;
let client: WorkerServiceClient;
let closeServer: () => Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-serve-'));
  host = new JobHost({
    slots: 1,
    worker: 'tester',
    store: memoryStore(),
    scratch: join(folder, 'jobs'),
    childEntry: new URL('./job-process.testing.ts', import.meta.url),
    childEnvironment: {},
    logger: createLogger('test', 'silent'),
  });
  const { server, health } = createServer();
  server.addService(WorkerServiceService, {
    make: serveJob(host, ({ images }: MakeRequest) => {
      if (images.length > 0) throw new JobError('invalid', 'images: expected none');
      return {
        kind: 'members',
        key,
        spec,
        prepare: async (directory, checkpoint): Promise<TestTask> => ({
          trace: join(folder, 'trace'),
          directory,
          checkpoint,
          epochs: 100_000,
          stepMs: 5,
          dieBefore: null,
          deaf: false,
          diverge: false,
        }),
      };
    }),
    stop: serveStop(host),
  });
  const port = await listen(server, '127.0.0.1:0');
  closeServer = () => close(server, health, 200);
  client = await connectWorker(`127.0.0.1:${port}`);
});
afterEach(async () => {
  await host.close();
  client.close();
  await closeServer();
  await rm(folder, { recursive: true });
});

const make = (attempt: number, signal?: AbortSignal) =>
  streamJob(client.make(MakeRequest.create({ job: { key, attempt } })), signal);
const stop = (attempt: number) => unary(client, client.stop, { job: { key, attempt } }, { limitMs: 20_000 });

/** Reads a call up to its first figures. */
async function untilProgress(call: AsyncIterable<JobStep>, then: () => void): Promise<JobStep[]> {
  const steps: JobStep[] = [];
  for await (const step of call) {
    steps.push(step);
    if (step.$case !== 'progress') continue;
    then();
    break;
  }
  return steps;
}

test('a call that breaks off leaves its job running, a newer one takes it over, Stop ends it', async () => {
  const hangUp = new AbortController();
  const first = await untilProgress(make(1, hangUp.signal), () => hangUp.abort());
  expect(first[0]).toEqual({ $case: 'accepted', value: { worker: 'tester', takenOver: false } });

  let answer: Promise<unknown> | undefined;
  const heard: JobStep[] = [];
  const second = (async () => {
    for await (const step of make(2)) {
      heard.push(step);
      if (step.$case === 'progress') answer ??= stop(2);
    }
  })();
  await expect(second).rejects.toMatchObject({ kind: 'stopped', transport: false });
  expect(heard[0]).toEqual({ $case: 'accepted', value: { worker: 'tester', takenOver: true } });
  expect(await answer).toEqual({ wasRunning: true });
  expect(await stop(3)).toEqual({ wasRunning: false });
  expect(host.keys).toEqual([]);
});

test('refuses a request without a header, and one that its reader finds at fault', async () => {
  const failure = async (request: MakeRequest) => {
    for await (const _ of streamJob(client.make(request)));
  };
  await expect(failure(MakeRequest.create())).rejects.toMatchObject({
    kind: 'invalid',
    message: 'expected a job header, got none',
  });
  await expect(failure(MakeRequest.create({ job: { key, attempt: 1 }, images: [0] }))).rejects.toMatchObject({
    kind: 'invalid',
    message: 'images: expected none',
  });
  await expect(unary(client, client.stop, { job: undefined }, { limitMs: 20_000 })).rejects.toMatchObject({
    kind: 'invalid',
  });
  expect(host.keys).toEqual([]);
});
