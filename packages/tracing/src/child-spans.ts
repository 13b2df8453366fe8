import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SerializedSpan } from './serialized-span.ts';
import { contextOf } from './span-context.ts';
import type { SpanAttributes } from './tracing.ts';

/** The spans of a job's process: one of its whole life, below it one a phase. */
export interface ChildSpans {
  /** Ends the phase before; the first one begins with the process. */
  phase(name: string): void;
  /** Ends all of them. @param failure why the work failed @returns all, for the parent process to hand on */
  end(failure?: string): SerializedSpan[];
}

/** @param parent the span of the job, in the parent process, which alone knows where spans go */
export function childSpans(parent: string, name: string, attributes: SpanAttributes): ChildSpans {
  const ended: SerializedSpan[] = [];
  const exporter = {
    export(spans: ReadableSpan[], done: (result: { code: ExportResultCode }) => void) {
      ended.push(...spans.map(serialized));
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: async () => {},
  };
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('ddad');
  const bornAt = performance.timeOrigin;
  const above = contextOf(parent);
  const whole = tracer.startSpan(name, { startTime: bornAt, kind: SpanKind.INTERNAL, attributes }, above);
  let current: Span | null = null;
  return {
    phase(title) {
      const now = current === null ? bornAt : Date.now();
      current?.end(now);
      current = tracer.startSpan(title, { startTime: now }, trace.setSpan(above, whole));
    },
    end(failure) {
      const now = Date.now();
      for (const span of [current, whole]) {
        if (failure !== undefined) span?.setStatus({ code: SpanStatusCode.ERROR, message: failure });
        span?.end(now);
      }
      return ended;
    },
  };
}

function serialized(span: ReadableSpan): SerializedSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    name: span.name,
    kind: span.kind,
    spanContext: { traceId, spanId, traceFlags },
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    startTime: span.startTime,
    endTime: span.endTime,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    duration: span.duration,
    ended: span.ended,
    instrumentationLibrary: span.instrumentationLibrary,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}
