import { type Logger, withTimeLimit } from '@ddad/platform';
import { context, propagation, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SerializedSpan } from './serialized-span.ts';
import { contextOf, parentOf } from './span-context.ts';
import type { OpenSpan, SpanOptions, Tracing } from './tracing.ts';

export interface OtlpOptions {
  endpoint: string;
  headers: Record<string, string>;
  service: string;
  instance: string | undefined;
  logger: Logger;
  /** Longest time that a finished span waits to be sent, in ms. */
  delayMs?: number;
}

const kinds = { client: SpanKind.CLIENT, server: SpanKind.SERVER };
const sendLimitMs = 10_000;
const closeLimitMs = 6_000;
/** A receiver that is away is told of so often only. */
const warnAgainMs = 600_000;

/**
 * Spans on their way to an OTLP receiver, in batches; there is one a process. A receiver that is away costs spans (2,048 are
 * kept), and nothing else.
 */
export class OtlpTracing implements Tracing {
  readonly sdk: { tracer: Tracer; processor: BatchSpanProcessor; resource: Resource };
  readonly #provider: BasicTracerProvider;
  /** Tells that spans are lost. */
  readonly #lost: (error: unknown) => void;

  constructor({ endpoint, headers, service, instance, logger, delayMs = 5_000 }: OtlpOptions) {
    const resource = new Resource({
      'service.name': service,
      ...(instance === undefined ? {} : { 'service.instance.id': instance }),
    });
    const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
    const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: sendLimitMs });
    const processor = new BatchSpanProcessor(exporter, {
      scheduledDelayMillis: delayMs,
      exportTimeoutMillis: 2 * sendLimitMs,
    });
    // Limits are ours: by default the SDK would read them out of the environment.
    this.#provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
    let warned = Number.NEGATIVE_INFINITY;
    this.#lost = (error) => {
      if (performance.now() - warned < warnAgainMs) return;
      warned = performance.now();
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn({ url, reason }, 'spans are lost: their receiver does not take them');
    };
    setGlobalErrorHandler(this.#lost);
    // Temporal's interceptors go by these.
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    this.sdk = { tracer: this.#provider.getTracer('ddad'), processor, resource };
  }

  current() {
    const span = trace.getSpanContext(context.active());
    return span === undefined ? undefined : parentOf(span);
  }

  async within<T>(
    name: string,
    { parent, side, attributes }: SpanOptions,
    work: (span: OpenSpan) => Promise<T>,
  ): Promise<T> {
    if (parent === undefined) return work({ parent });
    const kind = side === undefined ? SpanKind.INTERNAL : kinds[side];
    const span = this.sdk.tracer.startSpan(
      name,
      { kind, ...(attributes === undefined ? {} : { attributes }) },
      contextOf(parent),
    );
    try {
      const result = await work({ parent: parentOf(span.spanContext()) });
      span.setStatus({ code: SpanStatusCode.OK });
      return result;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  }

  take(spans: readonly SerializedSpan[]): void {
    const { processor, resource } = this.sdk;
    for (const { spanContext, ...span } of spans)
      processor.onEnd({ ...span, resource, spanContext: () => spanContext });
  }

  async close(): Promise<void> {
    await withTimeLimit(this.#provider.shutdown(), closeLimitMs, 'sending the last spans').catch(this.#lost);
    context.disable();
    propagation.disable();
  }
}
