import { createHash } from 'node:crypto';
import type { Pool, WorkerEntry } from '@ddad/contract';
import {
  close,
  createServer,
  JobError,
  type JobEvent,
  listen,
  type MapRequest,
  type RefineRequest,
  type ScorerServiceServer,
  ScorerServiceService,
  type TrainerServiceServer,
  TrainerServiceService,
  type TrainRequest,
  toStatus,
} from '@ddad/rpc';
import { type ArtifactKind, type Manifest, manifestKey, type ObjectStore } from '@ddad/storage';

/** A job that a test server holds. */
export interface Held<Request> {
  request: Request;
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

/** Publishes an artifact as a worker would: an object under its digest, then the manifest. */
async function publish(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
  spec: object,
  worker: string,
): Promise<void> {
  const content = `the ${kind} ${key}`;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const object = `${kind}/${key}/${sha256}`;
  await store.put(object, content);
  const manifest: Manifest = {
    format: 1,
    kind,
    key,
    spec,
    files: { content: { object, sha256, bytes: content.length } },
    loss: kind === 'members' ? 0.5 : null,
    seconds: 3,
    worker,
    finishedAt: new Date().toISOString(),
    environment: {},
  };
  await store.putIfAbsent(manifestKey(kind, key), JSON.stringify(manifest));
}

const accepted = (worker: string, takenOver = false) =>
  ({ $case: 'accepted', value: { worker, takenOver } }) as const;
const finished = (worker: string) =>
  ({ $case: 'finished', value: { reused: false, seconds: 3, worker } }) as const;

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

/** A gRPC server that speaks for a trainer; its jobs end when the test says so. */
export async function startTrainer(store: ObjectStore, id: string) {
  const { server, health } = createServer();
  const jobs = new Arrivals<Held<TrainRequest>>();
  const stops: { key: string; attempt: number }[] = [];
  /** While true it does nothing more, like a process that was stopped. */
  const hung = { now: false };
  const byKey = new Map<string, Held<TrainRequest>>();
  const service: TrainerServiceServer = {
    train(call) {
      const { request } = call;
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      call.on('cancelled', resolve);
      keepAlive(call, () => hung.now);
      const held: Held<TrainRequest> = {
        request,
        closed,
        send: (event) => void call.write({ event: { event } }),
        async finish() {
          await publish(store, 'members', request.job!.key, request.member!, id);
          held.send(finished(id));
          call.end();
        },
        fail: (error) => void call.emit('error', toStatus(error)),
      };
      byKey.set(request.job!.key, held);
      held.send(accepted(id));
      jobs.push(held);
    },
    stop({ request }, done) {
      stops.push(request.job!);
      if (hung.now) return;
      byKey.get(request.job!.key)?.fail(new JobError('stopped', 'stopped on request'));
      done(null, { wasRunning: true });
    },
  };
  server.addService(TrainerServiceService, service);
  const port = await listen(server, '127.0.0.1:0');
  const entry = entryOf('train', id, port);
  return { entry, jobs, stops, hung, close: () => close(server, health, 0) };
}

/** A gRPC server that speaks for the scorer: answers at once unless a test holds its jobs. */
export async function startScorer(store: ObjectStore) {
  const { server, health } = createServer();
  const maps: MapRequest[] = [];
  const refines: RefineRequest[] = [];
  const stops: string[] = [];
  const scorer = {
    holdMaps: false,
    /** Until this resolves refiners are in training. */
    refine: Promise.resolve(),
    mapStarted: Promise.withResolvers<void>(),
    /** What a Map call ends with, instead of maps; null where it is to give maps. */
    failMaps: (_request: MapRequest): JobError | null => null,
  };
  let stopMap = () => {};
  const service: ScorerServiceServer = {
    map(call) {
      maps.push(call.request);
      keepAlive(call);
      call.write({ event: { event: accepted('scorer') } });
      const failure = scorer.failMaps(call.request);
      if (failure !== null) {
        call.emit('error', toStatus(failure));
        return;
      }
      if (scorer.holdMaps) {
        stopMap = () => void call.emit('error', toStatus(new JobError('stopped', 'stopped on request')));
        scorer.mapStarted.resolve();
        return;
      }
      void publish(store, 'maps', call.request.job!.key, call.request.maps!, 'scorer').then(() => {
        call.write({ event: { event: finished('scorer') } });
        call.end();
      });
    },
    kCurve(call) {
      call.write({ event: { event: accepted('scorer') } });
      void publish(store, 'kcurves', call.request.job!.key, call.request.kCurve!, 'scorer').then(() => {
        call.write({ event: { event: finished('scorer') } });
        call.end();
      });
    },
    refine(call) {
      const { job, refiner, refinedKey, further } = call.request;
      refines.push(call.request);
      keepAlive(call);
      call.write({ event: { event: accepted('scorer') } });
      void scorer.refine
        .then(() =>
          Promise.all([
            publish(store, 'refiners', job!.key, refiner!, 'scorer'),
            ...[refinedKey, ...further.map((one) => one.refinedKey)].map((key) =>
              publish(store, 'refined', key, {}, 'scorer'),
            ),
          ]),
        )
        .then(() => {
          call.write({ event: { event: finished('scorer') } });
          call.end();
        });
    },
    report({ request }, done) {
      const scores = { rec: { auc: 0.8, ap: 0.7, aucMean: 0.8, aucStd: 0 } };
      const reportKey = `runs/${request.runId}/report.json`;
      const withoutCopies = { images: 3, scores };
      void store
        .put(reportKey, JSON.stringify({ ...JSON.parse(request.factsJson), withoutCopies }))
        .then(() =>
          done(null, {
            reportKey,
            pageKey: `runs/${request.runId}/report.html`,
            scoresKey: `runs/${request.runId}/scores.csv`,
            scoresJson: JSON.stringify(scores),
          }),
        );
    },
    stop({ request }, done) {
      stops.push(request.job!.key);
      stopMap();
      done(null, { wasRunning: true });
    },
  };
  server.addService(ScorerServiceService, service);
  const port = await listen(server, '127.0.0.1:0');
  return Object.assign(scorer, {
    entry: entryOf('score', 'scorer', port),
    maps,
    refines,
    stops,
    close: () => close(server, health, 0),
  });
}
