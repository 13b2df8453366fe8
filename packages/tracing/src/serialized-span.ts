import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** A finished span as it travels between processes. */
export interface SerializedSpan extends Omit<ReadableSpan, 'spanContext' | 'resource'> {
  spanContext: { traceId: string; spanId: string; traceFlags: number };
}
