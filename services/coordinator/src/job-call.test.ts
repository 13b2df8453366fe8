import type { WorkerEntry } from '@ddad/contract';
import {
  close,
  connectWorker,
  createServer,
  type JobEvent,
  listen,
  MakeRequest,
  type WorkerServiceServer,
  WorkerServiceService,
} from '@ddad/rpc';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { trainer } from './dispatch/fake-link.testing.ts';
import type { WorkerJob } from './dispatch/job-link.ts';
import { Dispatcher } from './dispatcher.ts';
import { followCall, isSilence } from './job-call.ts';
import { WorkerLink } from './worker-link.ts';

const job: WorkerJob = {
  kind: 'members',
  spec: { recipe: 1 },
  datasetDigest: 'd'.repeat(64),
  images: [0],
};

let cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

type MakeCall = Parameters<WorkerServiceServer['make']>[0];
const write = (call: MakeCall, event: NonNullable<JobEvent['event']>) =>
  void call.write({ event: { event } });
const accept = (call: MakeCall, worker: string) =>
  write(call, { $case: 'accepted', value: { worker, takenOver: false } });
const finish = (call: MakeCall, worker: string) => {
  write(call, { $case: 'finished', value: { reused: false, seconds: 1, worker } });
  call.end();
};

/** A trainer's server that does with a call what the test says. */
async function serving(id: string, make: (call: MakeCall) => void) {
  const { server, health } = createServer();
  const stops: { key: string; attempt: number }[] = [];
  const stopped = Promise.withResolvers<void>();
  server.addService(WorkerServiceService, {
    make,
    stop({ request }, done) {
      stops.push(request.job!);
      stopped.resolve();
      done(null, { wasRunning: true });
    },
  } satisfies WorkerServiceServer);
  const port = await listen(server, '127.0.0.1:0');
  cleanups.push(() => close(server, health, 0));
  const entry: WorkerEntry = trainer(id, { address: `127.0.0.1:${port}` });
  return { entry, stops, stopped: stopped.promise };
}

/** Follows one call. @returns what its listener was told and how it ended */
async function follow({ address }: WorkerEntry, limits: { acceptMs: number; silenceMs: number }) {
  const client = await connectWorker(address);
  cleanups.push(() => client.close());
  const heard: unknown[] = [];
  const listener = {
    accepted: (worker: string) => void heard.push(worker),
    progress: (figures: unknown) => void heard.push(figures),
  };
  const call = client.make(MakeRequest.create());
  const end: unknown = await followCall(call, listener, new AbortController().signal, limits).catch(
    (error: unknown) => error,
  );
  return { heard, end };
}

const brief = { acceptMs: 20_000, silenceMs: 300 };

describe('a call', () => {
  it('is given up where the worker accepted it and says nothing more', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const silent = await serving('t1', (call) => {
      call.on('cancelled', resolve);
      accept(call, 't1');
    });
    const { heard, end } = await follow(silent.entry, brief);
    expect(heard).toEqual(['t1']);
    expect(end).toMatchObject({
      kind: 'failed',
      lost: true,
      message: 'it has a job and gave no sign of life for 0.3 s',
    });
    expect(isSilence(end)).toBe(true);
    await gone;
  });

  it('is lost with the job where the worker that took it is gone, which no silence is', async () => {
    const gone = await serving('t1', (call) => {
      accept(call, 't1');
      // As gRPC itself ends a call whose connection broke: without a kind of ours.
      call.emit('error', { code: status.UNAVAILABLE, details: 'Connection dropped' });
    });
    const { heard, end } = await follow(gone.entry, { acceptMs: 20_000, silenceMs: 20_000 });
    expect(heard).toEqual(['t1']);
    expect(end).toMatchObject({ kind: 'failed', lost: true, taken: true });
    expect(isSilence(end)).toBe(false);
  });

  it('lives as long as there are signs of life, which tell nobody anything', async () => {
    const alive = await serving('t1', (call) => {
      accept(call, 't1');
      let signs = 0;
      // Three times the silence that is allowed.
      const timer = setInterval(() => {
        write(call, { $case: 'alive', value: {} });
        signs += 1;
        if (signs < 36) return;
        clearInterval(timer);
        finish(call, 't1');
      }, 50);
    });
    const { heard, end } = await follow(alive.entry, { ...brief, silenceMs: 600 });
    expect(heard).toEqual(['t1']);
    expect(end).toMatchObject({ worker: 't1' });
  });

  it('is lost, but not silent, where nobody accepts or refuses it in time', async () => {
    const mute = await serving('t1', () => {});
    const { end } = await follow(mute.entry, { acceptMs: 200, silenceMs: 20_000 });
    expect(end).toMatchObject({ lost: true, message: 'no answer within 0.2 s' });
    expect(isSilence(end)).toBe(false);
  });

  it('passes no name on that is none', async () => {
    const liar = await serving('t1', (call) => {
      accept(call, 'x'.repeat(900_000));
      finish(call, 't1');
    });
    expect((await follow(liar.entry, { ...brief, silenceMs: 20_000 })).heard).toEqual(['unknown']);
  });
});

describe('a silent worker', () => {
  it('loses its job to another one, is asked to stop it, and gets no further one for a while', async () => {
    const silent = await serving('t1', (call) => accept(call, 't1'));
    const good = await serving('t2', (call) => {
      accept(call, 't2');
      finish(call, 't2');
    });
    let attempt = 0;
    const dispatcher = new Dispatcher<WorkerJob>({
      link: new WorkerLink(connectWorker, 'trainer', brief),
      nextAttempt: () => ++attempt,
    });
    cleanups.push(() => dispatcher.close());
    // It says that it holds the job, as a worker does: that does not bring the next attempt back to it.
    const key = 'a'.repeat(64);
    const holding = { ...silent.entry, keys: [key] };
    const ask = () =>
      dispatcher.request({
        key,
        job,
        run: { workflowId: 'w', runId: 'r', startedAt: 0 },
        order: 0,
        total: 1,
      }).outcome;
    dispatcher.setWorkers([silent.entry]);
    const first = ask();
    dispatcher.setWorkers([holding, good.entry]);
    await expect(first).rejects.toMatchObject({
      lost: true,
      message: `trainer t1 (${silent.entry.address}): it has a job and gave no sign of life for 0.3 s`,
    });
    await silent.stopped;
    expect(silent.stops).toEqual([{ key, attempt: 1 }]);
    // Nor does another word of its entry.
    dispatcher.setWorkers([{ ...holding, keys: [] }, good.entry]);
    dispatcher.setWorkers([holding, good.entry]);
    await expect(ask()).resolves.toMatchObject({ worker: 't2' });
  });
});
