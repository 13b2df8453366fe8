import { createHash } from 'node:crypto';
import { evaluationKind, type Pool, pageKind, type WorkerEntry } from '@ddad/contract';
import {
  close,
  createServer,
  JobError,
  type JobEvent,
  listen,
  type MakeRequest,
  toStatus,
  type WorkerServiceServer,
  WorkerServiceService,
} from '@ddad/rpc';
import { type Manifest, manifestKey, type ObjectStore } from '@ddad/storage';

/** A job that a test server holds. */
export interface Held {
  request: MakeRequest;
  /** Of the request, parsed. */
  spec: Record<string, unknown>;
  send(event: NonNullable<JobEvent['event']>): void;
  /** Publishes what the job makes and ends it. */
  finish(): Promise<void>;
  fail(error: JobError): void;
  /** Resolves when the caller is gone. */
  closed: Promise<void>;
}

/** Hands out what arrives, waiting for it where it has not come yet. */
export class Arrivals<T> {
  #arrived: T[] = [];
  #waiting: ((one: T) => void)[] = [];

  push(one: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#arrived.push(one);
    else next(one);
  }

  next(): Promise<T> {
    const one = this.#arrived.shift();
    if (one !== undefined) return Promise.resolve(one);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get pending(): number {
    return this.#arrived.length;
  }
}

/** Files of an artifact, by name. */
type Content = Record<string, string>;

const findings = { scores: { rec: { auc: 0.8, ap: 0.7, aucMean: 0.8, aucStd: 0 } } };

function contentOf(kind: string, key: string): Content {
  if (kind === evaluationKind.kind) {
    const withoutCopies = { images: 3, scores: findings.scores };
    return { evaluation: JSON.stringify({ ...findings, withoutCopies }), scores: 'image,label\n' };
  }
  return kind === pageKind.kind ? { page: '<!doctype html>' } : { content: `the ${kind} ${key}` };
}

/** Publishes an artifact as a worker would: objects under their digests, then the manifest. */
async function publish(
  store: ObjectStore,
  { kind, job, spec }: Pick<MakeRequest, 'kind' | 'job' | 'spec'>,
  worker: string,
): Promise<void> {
  const { key } = job!;
  const files: Manifest['files'] = {};
  for (const [name, content] of Object.entries(contentOf(kind, key))) {
    const sha256 = createHash('sha256').update(content).digest('hex');
    files[name] = { object: `${kind}/${key}/${sha256}`, sha256, bytes: content.length };
    await store.put(files[name].object, content);
  }
  const manifest: Manifest = {
    format: 1,
    kind,
    key,
    spec: JSON.parse(Buffer.from(spec).toString('utf8')),
    files,
    loss: kind === 'members' ? 0.5 : null,
    seconds: 3,
    worker,
    finishedAt: new Date().toISOString(),
    environment: {},
  };
  await store.putIfAbsent(manifestKey(kind, key), JSON.stringify(manifest));
}

/** A job's call, as its server sees it. */
interface EventCall {
  readonly cancelled: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  write(message: { event: JobEvent | undefined }): boolean;
}

/** Gives signs of life on a job's stream, as a worker does, until the call is over. */
function keepAlive(call: EventCall, hung = () => false): void {
  const timer = setInterval(() => {
    if (call.cancelled || call.writableEnded || call.destroyed) clearInterval(timer);
    else if (!hung()) call.write({ event: { event: { $case: 'alive', value: {} } } });
  }, 10_000);
  timer.unref();
}

/** How a worker on loopback announces itself. */
function entryOf(pool: Pool, id: string, port: number): WorkerEntry {
  const since = '2026-01-01T00:00:00.000Z';
  const free = { slots: 8, keys: [], leaving: false };
  return { pool, id, address: `127.0.0.1:${port}`, device: 'a test', since, ...free };
}

/** A gRPC server that speaks for a worker. */
export interface FakeWorker {
  entry: WorkerEntry;
  /** Jobs that it holds until the test ends them. */
  jobs: Arrivals<Held>;
  /** All that was asked for, in order. */
  made: Held[];
  /** Whether a job is held; the others are finished at once. */
  holds: (request: MakeRequest) => boolean;
  /** What a job ends with, instead of an artifact; null where it is to give one. */
  fails: (request: MakeRequest) => JobError | null;
  stops: { key: string; attempt: number }[];
  /** While true it does nothing more, like a process that was stopped. */
  hung: { now: boolean };
  close(): Promise<void>;
}

/** @param pool of a trainer all jobs are held until the test ends them, of a scorer none */
export async function startWorker(store: ObjectStore, id: string, pool: Pool): Promise<FakeWorker> {
  const { server, health } = createServer();
  const byKey = new Map<string, Held>();
  const worker: Omit<FakeWorker, 'entry' | 'close'> = {
    jobs: new Arrivals<Held>(),
    made: [],
    holds: () => pool === 'train',
    fails: () => null,
    stops: [],
    hung: { now: false },
  };
  const service: WorkerServiceServer = {
    make(call) {
      const { request } = call;
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      call.on('cancelled', resolve);
      keepAlive(call, () => worker.hung.now);
      const held: Held = {
        request,
        spec: JSON.parse(Buffer.from(request.spec).toString('utf8')),
        closed,
        send: (event) => void call.write({ event: { event } }),
        async finish() {
          await publish(store, request, id);
          held.send({ $case: 'finished', value: { reused: false, seconds: 3, worker: id } });
          call.end();
        },
        fail: (error) => void call.emit('error', toStatus(error)),
      };
      byKey.set(request.job!.key, held);
      held.send({ $case: 'accepted', value: { worker: id, takenOver: false } });
      worker.made.push(held);
      const failure = worker.fails(request);
      if (failure !== null) held.fail(failure);
      else if (worker.holds(request)) worker.jobs.push(held);
      else void held.finish();
    },
    stop({ request }, done) {
      worker.stops.push(request.job!);
      if (worker.hung.now) return;
      byKey.get(request.job!.key)?.fail(new JobError('stopped', 'stopped on request'));
      done(null, { wasRunning: true });
    },
  };
  server.addService(WorkerServiceService, service);
  const port = await listen(server, '127.0.0.1:0');
  const entry = entryOf(pool, id, port);
  return Object.assign(worker, { entry, close: () => close(server, health, 0) });
}
