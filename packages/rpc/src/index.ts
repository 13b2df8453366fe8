export * from './clients.ts';
export {
  JobAccepted,
  JobEvent,
  JobFinished,
  JobHeader,
  JobProgress,
  StopRequest,
  StopResponse,
} from './gen/ddad/v1/job.ts';
export {
  MakeRequest,
  MakeResponse,
  WorkerServiceClient,
  type WorkerServiceServer,
  WorkerServiceService,
} from './gen/ddad/v1/worker.ts';
export * from './job-error.ts';
export type { RefusalLogger } from './refusals.ts';
export * from './server.ts';
export * from './stream-job.ts';
export * from './trace-metadata.ts';
export * from './unary.ts';
export * from './write-coalesced.ts';
