// For those who import it from here still.
export { DatasetCache } from '@ddad/storage';
export * from './device-name.ts';
export * from './job.ts';
export * from './job-host.ts';
export * from './job-metrics.ts';
export * from './limits-config.ts';
export * from './messages.ts';
export * from './open-job-server.ts';
export * from './request-faults.ts';
export { emptyScratch } from './scratch.ts';
export * from './serve.ts';
export * from './shutdown-limits.ts';
export * from './steps-config.ts';
