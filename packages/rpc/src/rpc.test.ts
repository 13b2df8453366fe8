import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import {
  checkHealth,
  close,
  connectWorker,
  createServer,
  JobError,
  type JobEvent,
  type JobStep,
  jobErrorKinds,
  listen,
  MakeRequest,
  type MakeResponse,
  type StopResponse,
  streamJob,
  toJobError,
  toStatus,
  traceMetadata,
  traceOf,
  unary,
  type WorkerServiceClient,
  type WorkerServiceServer,
  WorkerServiceService,
  writeCoalesced,
} from './index.ts';

type MakeCall = ServerWritableStream<MakeRequest, MakeResponse>;

let cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

/** A real server of the workers' service on loopback, and a client of it. */
async function serving(handlers: Partial<Pick<WorkerServiceServer, 'make' | 'stop'>>) {
  const { server, health } = createServer();
  const implementation: WorkerServiceServer = {
    make: handlers.make ?? ((call) => call.end()),
    stop: handlers.stop ?? ((_call, done) => done(null, { wasRunning: false })),
  };
  server.addService(WorkerServiceService, implementation);
  const address = `127.0.0.1:${await listen(server, '127.0.0.1:0')}`;
  cleanups.push(() => close(server, health, 200));
  const client = await connectWorker(address);
  cleanups.push(() => client.close());
  return { server, health, address, client };
}

const request = MakeRequest.create();
const accepted: JobEvent = { event: { $case: 'accepted', value: { worker: 't-1', takenOver: false } } };
const progress = (done: number): JobEvent => ({
  event: { $case: 'progress', value: { done, total: 1_000_000, loss: 0.5, imagesPerSecond: 10 } },
});
const finished: JobEvent = {
  event: { $case: 'finished', value: { reused: false, loss: 0.25, seconds: 3, worker: 't-1' } },
};

async function collect(steps: AsyncIterable<JobStep>): Promise<JobStep[]> {
  const got: JobStep[] = [];
  for await (const step of steps) got.push(step);
  return got;
}

async function failureOf(work: Promise<unknown>): Promise<JobError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof JobError) return error;
  throw new Error('expected a JobError', { cause: error });
}

test.each(jobErrorKinds)('kind %s survives a streamed and a unary call', async (kind) => {
  const said = new JobError(kind, `because of ${kind}, größer`);
  const { client } = await serving({
    make(call) {
      const writer = writeCoalesced(call);
      writer.send(accepted);
      writer.fail(said);
    },
    stop: (_call, done) => done(toStatus(said)),
  });

  const steps: JobStep[] = [];
  const streamed = await failureOf(
    (async () => {
      for await (const step of streamJob(client.make(request))) steps.push(step);
    })(),
  );
  const answered = await failureOf(unary(client, client.stop, { job: undefined }, { limitMs: 5_000 }));
  expect(steps).toEqual([accepted.event]);
  for (const error of [streamed, answered]) {
    expect(error).toMatchObject({ kind, message: said.message, transport: false, lost: false });
    expect(error.cause).toBeInstanceOf(Error);
  }
});

test('statuses are the ones that job.proto promises', () => {
  const codes = Object.fromEntries(
    jobErrorKinds.map((kind) => [kind, toStatus(new JobError(kind, '')).code]),
  );
  expect(codes).toEqual({
    invalid: status.INVALID_ARGUMENT,
    busy: status.RESOURCE_EXHAUSTED,
    diverged: status.FAILED_PRECONDITION,
    superseded: status.ABORTED,
    stopped: status.CANCELLED,
    leaving: status.UNAVAILABLE,
    denied: status.PERMISSION_DENIED,
    failed: status.INTERNAL,
  });
});

test('an error that is no JobError fails the job with its message, and a huge message is cut', () => {
  expect(toStatus(new Error('disk full'))).toMatchObject({ code: status.INTERNAL, details: 'disk full' });
  expect(toStatus(new Error('x'.repeat(100_000))).details).toHaveLength(4_000);
  expect(toJobError('plain text')).toMatchObject({ kind: 'failed', message: 'plain text', transport: false });
});

test('a huge message of three-byte characters still arrives as the server’s word', async () => {
  const { client } = await serving({
    stop: (_call, done) => done(toStatus(new JobError('invalid', '€'.repeat(10_000)))),
  });
  const error = await failureOf(unary(client, client.stop, { job: undefined }, { limitMs: 5_000 }));
  expect(error).toMatchObject({ kind: 'invalid', transport: false });
});

test('a dead address fails within the deadline, as lost', async () => {
  const { address, server, health } = await serving({});
  await close(server, health, 200);
  const client = await connectWorker(address);
  cleanups.push(() => client.close());
  const started = performance.now();
  const answered = await failureOf(unary(client, client.stop, { job: undefined }, { limitMs: 1_000 }));
  const streamed = await failureOf(collect(streamJob(client.make(request))));
  expect(performance.now() - started).toBeLessThan(2_500);
  for (const error of [answered, streamed]) {
    expect(error).toMatchObject({ kind: 'failed', transport: true, lost: true });
  }
});

test('an address that takes connections and says nothing fails at the deadline, as lost', async () => {
  const sockets = new Set<{ destroy(): unknown }>();
  const silent = createTcpServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as { port: number };
  const client = await connectWorker(`127.0.0.1:${port}`);
  cleanups.push(() => client.close());
  const started = performance.now();
  const error = await failureOf(unary(client, client.stop, { job: undefined }, { limitMs: 300 }));
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(error).toMatchObject({ kind: 'failed', transport: true, lost: true });
});

test('a handler that throws is no word of the server, and not lost either', async () => {
  const { client } = await serving({
    make() {
      throw new Error('bug');
    },
  });
  const error = await failureOf(collect(streamJob(client.make(request))));
  expect(error).toMatchObject({ kind: 'failed', transport: true, lost: false });
});

test('a server killed in mid-job leaves the reader with what came, then a lost call', async () => {
  const { client, server } = await serving({ make: (call) => void writeCoalesced(call).send(accepted) });
  const steps: JobStep[] = [];
  const error = await failureOf(
    (async () => {
      for await (const step of streamJob(client.make(request))) {
        steps.push(step);
        server.forceShutdown();
      }
    })(),
  );
  expect(steps).toEqual([accepted.event]);
  expect(error).toMatchObject({ kind: 'failed', transport: true, lost: true });
});

test('a stream that ends without `finished` is a failure', async () => {
  const { client } = await serving({
    make(call) {
      const writer = writeCoalesced(call);
      writer.send(accepted);
      writer.end();
    },
  });
  const error = await failureOf(collect(streamJob(client.make(request))));
  expect(error.message).toContain('without `finished`');
});

/** Serves one call that sends `accepted` and stays open; resolves once the server sees it cancelled. */
async function openCall(): Promise<{ client: WorkerServiceClient; cancelled: Promise<MakeCall> }> {
  let sawCancel = (_call: MakeCall) => {};
  const cancelled = new Promise<MakeCall>((resolve) => {
    sawCancel = resolve;
  });
  const { client } = await serving({
    make(call) {
      call.on('cancelled', () => sawCancel(call));
      writeCoalesced(call).send(accepted);
    },
  });
  return { client, cancelled };
}

test('leaving the loop early cancels the call', async () => {
  const { client, cancelled } = await openCall();
  for await (const step of streamJob(client.make(request))) {
    expect(step).toEqual(accepted.event);
    break;
  }
  await cancelled;
});

test('an aborted signal cancels the call, and the loop throws its reason', async () => {
  const { client, cancelled } = await openCall();
  const controller = new AbortController();
  const reason = new Error('no longer wanted');
  const reading = (async () => {
    for await (const _step of streamJob(client.make(request), controller.signal)) controller.abort(reason);
  })();
  await expect(reading).rejects.toBe(reason);
  await cancelled;
  // A signal that was aborted before does the same.
  await expect(collect(streamJob(client.make(request), controller.signal))).rejects.toBe(reason);
  await expect(
    unary(client, client.stop, { job: undefined }, { limitMs: 1_000, signal: controller.signal }),
  ).rejects.toBe(reason);
});

test('a call that fails before anybody reads it does not end the process', async () => {
  const { client } = await serving({
    make: (call) => writeCoalesced(call).fail(new JobError('busy', 'full')),
  });
  const call = client.make(request);
  const steps = streamJob(call);
  await new Promise((resolve) => call.once('status', resolve));
  expect(await failureOf(collect(steps))).toMatchObject({ kind: 'busy' });
});

test('signs of life do not pile up behind a reader that stalls', async () => {
  const sent = 50_000;
  const alive: JobEvent = { event: { $case: 'alive', value: {} } };
  const { client } = await serving({
    make(call) {
      const writer = writeCoalesced(call);
      writer.send(accepted);
      for (let count = 0; count < sent; count++) {
        writer.send(alive);
        writer.send(progress(count));
      }
      writer.send(finished);
      writer.end();
    },
  });
  const steps = await collect(streamJob(client.make(request)));
  // Until the stream blocks all are written; from there on one of each kind at most, then the end.
  const written = steps.filter(({ $case }) => $case === 'alive').length;
  expect(written).toBeGreaterThan(0);
  expect(steps.length).toBeLessThan(sent);
  expect(steps.slice(-2)).toMatchObject([progress(sent - 1).event, finished.event]);
});

test('a reader that stalls gets `accepted`, some progress, the newest progress and `finished`', async () => {
  const sent = 50_000;
  const { client } = await serving({
    make(call) {
      const writer = writeCoalesced(call);
      writer.send(accepted);
      // Nobody can read while this loop runs, as if the reader stalled for as long.
      for (let done = 1; done <= sent; done++) writer.send(progress(done));
      writer.send(finished);
      writer.end();
    },
  });
  const steps = await collect(streamJob(client.make(request)));
  expect(steps.length).toBeLessThan(100);
  expect(steps[0]).toEqual(accepted.event);
  expect(steps.at(-2)).toEqual(progress(sent).event);
  expect(steps.at(-1)).toEqual(finished.event);
  const counts = steps.flatMap((step) => (step.$case === 'progress' ? step.value.done : []));
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
});

test('once the reader catches up, progress flows again', async () => {
  let writerMade = (_writer: ReturnType<typeof writeCoalesced>) => {};
  const writer = new Promise<ReturnType<typeof writeCoalesced>>((resolve) => {
    writerMade = resolve;
  });
  const { client } = await serving({
    make(call) {
      const made = writeCoalesced(call);
      made.send(accepted);
      for (let done = 1; done <= 1_000; done++) made.send(progress(done));
      writerMade(made);
    },
  });
  const got: JobStep[] = [];
  for await (const step of streamJob(client.make(request))) {
    got.push(step);
    if (step.$case === 'progress' && step.value.done === 1_000) (await writer).send(progress(1_001));
    if (step.$case === 'progress' && step.value.done === 1_001) {
      (await writer).send(finished);
      (await writer).end();
    }
  }
  expect(got.at(-1)).toEqual(finished.event);
});

test('writing after the call was cancelled does nothing', async () => {
  let writerMade = (_writer: ReturnType<typeof writeCoalesced>) => {};
  const writer = new Promise<ReturnType<typeof writeCoalesced>>((resolve) => {
    writerMade = resolve;
  });
  let sawCancel = () => {};
  const cancelled = new Promise<void>((resolve) => {
    sawCancel = resolve;
  });
  const { client } = await serving({
    make(call) {
      const made = writeCoalesced(call);
      writerMade(made);
      made.send(accepted);
      call.on('cancelled', sawCancel);
    },
  });
  for await (const _step of streamJob(client.make(request))) break;
  await cancelled;
  const made = await writer;
  for (let done = 0; done < 1_000; done++) made.send(progress(done));
  made.send(finished);
  made.fail(new JobError('stopped', 'stopped'));
  made.end();
  // The connection is unharmed.
  const answer: StopResponse = await unary(client, client.stop, { job: undefined }, { limitMs: 5_000 });
  expect(answer).toEqual({ wasRunning: false });
});

test('a message larger than 4 MiB is refused', async () => {
  const { client } = await serving({});
  const tooLarge = { ...request, datasetDigest: 'x'.repeat(4 * 1024 * 1024) };
  const error = await failureOf(collect(streamJob(client.make(tooLarge))));
  expect(error).toMatchObject({ transport: true, lost: false });
  expect(error.message).toContain('larger than max');
});

test('an address that is taken is an error that names it', async () => {
  const { address } = await serving({});
  await expect(listen(createServer().server, address)).rejects.toThrow(`cannot listen on ${address}`);
});

test('health answers for the server and for each service, and turns to NOT_SERVING when it closes', async () => {
  const { address, client, server, health } = await serving({
    make: (call) => void writeCoalesced(call).send(accepted),
  });
  const service = 'ddad.v1.WorkerService';
  expect(await checkHealth(address, { limitMs: 1_000 })).toBe('SERVING');
  expect(await checkHealth(address, { limitMs: 1_000, service })).toBe('SERVING');
  await expect(checkHealth(address, { limitMs: 1_000, service: 'ddad.v1.Nobody' })).rejects.toThrow(JobError);
  health.setAll('NOT_SERVING');
  expect(await checkHealth(address, { limitMs: 1_000, service })).toBe('NOT_SERVING');

  // One call stays open, so that closing gets as far as its time limit.
  const open = streamJob(client.make(request))[Symbol.asyncIterator]();
  await open.next();
  const started = performance.now();
  await close(server, health, 300);
  const took = performance.now() - started;
  expect(took).toBeGreaterThan(290);
  expect(took).toBeLessThan(1_500);
  expect(await failureOf(open.next())).toMatchObject({ lost: true });
});

test('closing an idle server does not wait for its time limit', async () => {
  const { client, server, health } = await serving({});
  await unary(client, client.stop, { job: undefined }, { limitMs: 1_000 });
  const started = performance.now();
  await close(server, health, 20_000);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('a call says which span it belongs to, and what is no trace parent is left out', async () => {
  const parents: (string | undefined)[] = [];
  const { client } = await serving({
    make(call) {
      parents.push(traceOf(call.metadata));
      call.write({ event: accepted });
      call.write({ event: finished });
      call.end();
    },
  });
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  for (const given of [parent, undefined, 'anything'])
    for await (const _ of streamJob(client.make(request, traceMetadata(given))));
  expect(parents).toEqual([parent, undefined, undefined]);
});
