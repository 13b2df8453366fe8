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
  KCurveRequest,
  KCurveResponse,
  KCurveSpec,
  MapRequest,
  MapResponse,
  MapSpec,
  RefineRequest,
  RefineResponse,
  RefinerSpec,
  ReportRequest,
  ReportResponse,
  ScorerServiceClient,
  type ScorerServiceServer,
  ScorerServiceService,
} from './gen/ddad/v1/scorer.ts';
export {
  MemberSpec,
  TrainerServiceClient,
  type TrainerServiceServer,
  TrainerServiceService,
  TrainRequest,
  TrainResponse,
} from './gen/ddad/v1/trainer.ts';
export * from './job-error.ts';
export type { RefusalLogger } from './refusals.ts';
export * from './server.ts';
export * from './stream-job.ts';
export * from './unary.ts';
export * from './write-coalesced.ts';
