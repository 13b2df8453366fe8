// Loads nothing of OpenTelemetry: only a process with a receiver for its spans does, in `openTracing`.
export * from './config.ts';
export * from './open-tracing.ts';
export type * from './serialized-span.ts';
export * from './trace-parent.ts';
export * from './tracing.ts';
