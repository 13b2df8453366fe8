import type { JobHost } from '@ddad/jobs';
import { serveJob, serveStop } from '@ddad/jobs';
import { createServer, type TrainerServiceServer, TrainerServiceService } from '@ddad/rpc';
import { type TrainPlanDeps, trainPlan } from './train-plan.ts';

export interface TrainerDeps extends TrainPlanDeps {
  host: JobHost;
}

/** The trainer's gRPC server; opens no socket. */
export function createTrainerServer({ host, ...deps }: TrainerDeps): ReturnType<typeof createServer> {
  const created = createServer();
  const service: TrainerServiceServer = {
    train: serveJob(host, (request) => trainPlan(request, deps)),
    stop: serveStop(host),
  };
  created.server.addService(TrainerServiceService, service);
  return created;
}
