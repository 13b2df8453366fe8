import type { DatasetCache, JobHost } from '@ddad/jobs';
import { serveJob, serveStop } from '@ddad/jobs';
import { createServer, type TrainerServiceServer, TrainerServiceService } from '@ddad/rpc';
import { trainPlan } from './train-plan.ts';

export interface TrainerDeps {
  host: JobHost;
  cache: DatasetCache;
  threads: number;
}

/** The trainer's gRPC server; opens no socket. */
export function createTrainerServer({ host, cache, threads }: TrainerDeps): ReturnType<typeof createServer> {
  const created = createServer();
  const service: TrainerServiceServer = {
    train: serveJob(host, (request) => trainPlan(request, cache, threads)),
    stop: serveStop(host),
  };
  created.server.addService(TrainerServiceService, service);
  return created;
}
