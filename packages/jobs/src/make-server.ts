import { createServer, type WorkerServiceServer, WorkerServiceService } from '@ddad/rpc';
import type { JobHost } from './job-host.ts';
import { type MakePlanDeps, makePlan } from './make-plan.ts';
import { serveJob, serveStop } from './serve.ts';

export interface WorkerServerDeps extends MakePlanDeps {
  host: JobHost;
}

/** A worker's gRPC server; opens no socket. */
export function createWorkerServer({ host, ...deps }: WorkerServerDeps): ReturnType<typeof createServer> {
  const created = createServer();
  const service: WorkerServiceServer = {
    make: serveJob(host, (request) => makePlan(request, deps)),
    stop: serveStop(host),
  };
  created.server.addService(WorkerServiceService, service);
  return created;
}
