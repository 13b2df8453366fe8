import { join } from 'node:path';
import type { JobProgress, KindDefinition, Pool } from '@ddad/contract';
import { type GrpcAccess, type Logger, type Registry, type Shutdown, serviceRegistry } from '@ddad/platform';
import type { ObjectStore } from '@ddad/storage';
import { DatasetCache } from './dataset-cache.ts';
import type { JobLimits } from './job.ts';
import { JobHost } from './job-host.ts';
import { jobMetrics } from './job-metrics.ts';
import { createWorkerServer } from './make-server.ts';
import { openJobServer } from './open-job-server.ts';
import { emptyScratch } from './scratch.ts';

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
  /** Directory for datasets and jobs' files; other workers may share it. */
  scratch: string;
  store: ObjectStore;
  /** host:port to listen on; port 0 takes a free one. */
  listen: string;
  access: GrpcAccess;
  /** host:port for probes and Prometheus; none unless given. */
  operations: string | undefined;
  logger: Logger;
  /** Takes what is to be closed. */
  shutdown: Shutdown;
  onProgress(key: string, progress: JobProgress): void;
  /** The keys being worked on have changed. */
  onKeys?(keys: string[]): void;
}

/**
 * Opens a worker, a trainer or a scorer, to its callers.
 * @returns its jobs, which the caller closes before all else, and the port that it is called at
 * @throws where an address cannot be bound; the message names it
 */
export async function openWorker(place: WorkerPlace): Promise<{ host: JobHost; port: number }> {
  const { id, pool, kinds, methods, slots, threads, stepsACall, store, logger, shutdown } = place;
  const registry: Registry = serviceRegistry(place.service);
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
    onProgress: place.onProgress,
    onKeys: (keys) => place.onKeys?.(keys),
  });
  const cache = new DatasetCache(store, join(place.scratch, 'datasets'));
  const server = createWorkerServer({ host, kinds, pool, store, cache, threads, stepsACall, methods });
  const { listen: address, access, operations } = place;
  const port = await openJobServer(server, { address, access, operations, registry, logger, shutdown });
  return { host, port };
}
