export {
  type ClusterOptions,
  down,
  type ProcessStatus,
  serverPrograms,
  startServers,
  status,
  up,
} from './cluster.ts';
export type { ClusterEnv } from './cluster-env.ts';
export { readClusterEnv } from './cluster-env.ts';
export type { Report } from './cluster-processes.ts';
export { type RecordedProcess, readRecord } from './cluster-record.ts';
export { homeAt, recordPath, storeData } from './home.ts';
export { choosePorts, type PortWish } from './ports.ts';
export { isRunning, type ProcessIdentity, signal } from './process-identity.ts';
export {
  type Environment,
  type ServiceName,
  type ServiceSettings,
  serviceEnvironment,
  serviceSpec,
} from './services.ts';
export { type LocalSettings, readSettings } from './settings.ts';
export {
  awaitReady,
  ProcessFailure,
  type ProgramSpec,
  startProcess,
  stopProcesses,
} from './start-process.ts';
export { type StoreName, storeTitles } from './store-choice.ts';
export { operatorStore } from './store-users.ts';
