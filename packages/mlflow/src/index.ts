export { type MlflowAccess, mlflowAccess, mlflowShape } from './access.ts';
export { MlflowClient, MlflowError } from './client.ts';
export { type LoggedFile, type LoggedRun, logRun, type MlflowRun } from './log-run.ts';
export { runRecord } from './run-record.ts';
