import { join } from 'node:path';
import { formatHostPort, type KindDefinition, type Pool } from '@ddad/contract';
import {
  emptyScratch,
  type GrpcAccess,
  type Logger,
  type NatsConnection,
  publishProgress,
  type Shutdown,
  serviceRegistry,
} from '@ddad/platform';
import { DatasetCache, type ObjectStore, type S3Config } from '@ddad/storage';
import type { Tracing } from '@ddad/tracing';
import { announceJobs } from './announce-jobs.ts';
import type { HealthCheck } from './health/health-check.ts';
import { workerChecks } from './health/worker-checks.ts';
import { WorkerHealth } from './health/worker-health.ts';
import type { JobLimits } from './job.ts';
import { JobHost } from './job-host.ts';
import { jobMetrics } from './job-metrics.ts';
import { createWorkerServer } from './make-server.ts';
import { openJobServer } from './open-job-server.ts';

export interface WorkerPlace {
  /** Name of the service, for metrics: `trainer`. */
  service: string;
  /** Name of this instance; no two that are there at once share one. */
  id: string;
  pool: Pool;
  /** What makes a kind; null where nobody brings it. */
  kinds(name: string): KindDefinition | null;
  /** Modules of further methods, for jobs' processes to load. */
  methods: readonly string[];
  /** Jobs at a time. */
  slots: number;
  /** Intra-op threads of a job's process. */
  threads: number;
  stepsACall?: number | undefined;
  limits: Partial<JobLimits>;
  childEntry: URL;
  childEnvironment: Record<string, string>;
  /** Program of a process that shows that the device computes. */
  deviceTrial: URL;
  /** Directory for datasets and jobs' files; other workers may share it. */
  scratch: string;
  store: ObjectStore;
  /** Whether it keeps its promises, where that was not seen yet. */
  storeCheck: HealthCheck;
  /** How the store is reached. */
  storeAccess: Pick<S3Config, 'endpoint' | 'proxy'>;
  /** Where it announces itself and tells of its progress. */
  nats: NatsConnection;
  /** host:port to listen on; port 0 takes a free one. */
  listen: string;
  /** Host under which others reach it. */
  reachable: string;
  access: GrpcAccess;
  /** host:port for probes and Prometheus; none unless given. */
  operations: string | undefined;
  tracing: Tracing;
  logger: Logger;
  /** Takes what is to be closed. */
  shutdown: Shutdown;
}

/**
 * Opens a worker, a trainer or a scorer, to its callers, and announces it once it has checked itself: as unfit where something
 * is wrong, until that is over.
 * @throws where an address cannot be bound; the message names it
 */
export async function openWorker(place: WorkerPlace): Promise<void> {
  const { id, pool, kinds, methods, slots, threads, stepsACall, store, logger, shutdown } = place;
  const { nats, listen, reachable, access, operations } = place;
  const registry = serviceRegistry(place.service);
  const scratch = join(place.scratch, 'jobs', id);
  await emptyScratch(scratch);
  const host = new JobHost({
    slots,
    worker: id,
    store,
    scratch,
    childEntry: place.childEntry,
    childEnvironment: place.childEnvironment,
    logger,
    limits: place.limits,
    metrics: jobMetrics(registry),
    tracing: place.tracing,
    onProgress: (key, progress) => publishProgress(nats, key, progress),
    onFailed: () => void health.look(),
  });
  const checks = workerChecks({
    scratch,
    largestCheckpoint: () => host.largestCheckpoint,
    slots,
    storeAccess: place.storeAccess,
    deviceTrial: place.deviceTrial,
    childEnvironment: place.childEnvironment,
  });
  const health = new WorkerHealth({ checks: [...checks, place.storeCheck], logger });
  const cache = new DatasetCache(store, join(place.scratch, 'datasets'));
  const server = createWorkerServer({ host, kinds, pool, store, cache, threads, stepsACall, methods });
  const port = await openJobServer(server, {
    address: listen,
    reachable,
    access,
    operations,
    registry,
    fit: () => health.unfit === undefined,
    logger,
    shutdown,
  });
  shutdown.add('health', () => health.close());
  await health.look();
  const address = { host: reachable, port };
  await announceJobs(host, { pool, id, slots, address, health, nats, token: access.token, logger, shutdown });
  const fit = health.unfit === undefined;
  logger.info(
    { address: formatHostPort(address), threads, slots },
    `${place.service} ${fit ? 'ready' : 'not ready'}`,
  );
}
