export * from './dataset-cache.ts';
export * from './device-name.ts';
export * from './job.ts';
export * from './job-host.ts';
export * from './job-metrics.ts';
export * from './messages.ts';
export * from './request-faults.ts';
export { emptyScratch } from './scratch.ts';
export * from './serve.ts';
