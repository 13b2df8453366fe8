import type { Tracer } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SerializedSpan } from './serialized-span.ts';
import type { TraceParent } from './trace-parent.ts';

/** Keys, kinds, counts; never names of images. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** What the span belongs to; without one there is none, as every trace begins with a workflow. */
  parent: TraceParent | undefined;
  /** Which side of a call between services it is. */
  side?: 'client' | 'server';
  attributes?: SpanAttributes;
}

/** A span that is under way. */
export interface OpenSpan {
  /** What spans below it name as their parent; undefined where there is no span. */
  readonly parent: TraceParent | undefined;
}

/** What a process tells of its work, as spans of the runs' traces. */
export interface Tracing {
  /** The span that the caller runs in, where Temporal's interceptors opened one. */
  current(): TraceParent | undefined;
  /** Does work as a span, which ends with it, as failed where it throws. */
  within<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** Hands on spans of a process of ours that has no way out itself. */
  take(spans: readonly SerializedSpan[]): void;
  /** Sends what is left, and ends; never rejects. */
  close(): Promise<void>;
  /** OpenTelemetry's own parts, for Temporal's interceptors; null where nothing is traced. */
  readonly sdk: { tracer: Tracer; processor: SpanProcessor; resource: Resource } | null;
}

/** Where nobody asked for spans. */
export const noTracing: Tracing = {
  current: () => undefined,
  within: (_name, _options, work) => work({ parent: undefined }),
  take() {},
  close: async () => {},
  sdk: null,
};
