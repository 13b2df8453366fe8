export { definitionsOf, describeRun, runSummary } from './described-run.ts';
export { divergedTrainings } from './diverged-trainings.ts';
export { finishedProgress } from './finished-progress.ts';
export { LossCurve, type LossPoint } from './loss-curve.ts';
export {
  findRun,
  type ListOptions,
  listRuns,
  type RunEntry,
  type RunFilter,
  type RunHandle,
  type RunKind,
  statusOf,
} from './run-entries.ts';
export {
  artifactKeysOf,
  MalformedResult,
  parseExperimentResult,
  parseReport,
  parseRunResult,
  parseWorkflowResult,
  type WorkflowResult,
} from './run-result.ts';
export { type CurveChange, type RunNews, type RunSnapshot, ToldCurves } from './run-snapshot.ts';
export { type HistoryOf, type JobView, RunTracker, type RunView } from './run-tracker.ts';
export { type TimeLeft, wholeLeft } from './time-left.ts';
export { type RunLeft, runLeftForms, timeLeftForms } from './time-left-text.ts';
export { type ArtifactsUnderWay, artifactsUnderWay } from './under-way.ts';
