import type { Tracing } from '@ddad/tracing';
import type { ActivityInterceptorsFactory, WorkerOptions } from '@temporalio/worker';

/** What a Temporal worker needs for the spans of its workflows and activities. */
export interface TemporalTracing {
  activity: ActivityInterceptorsFactory[];
  sinks: NonNullable<WorkerOptions['sinks']>;
}

/** @returns undefined where nothing is traced; Temporal's interceptors are not loaded then */
export async function temporalTracing({ sdk }: Pick<Tracing, 'sdk'>): Promise<TemporalTracing | undefined> {
  if (sdk === null) return undefined;
  const { makeWorkflowExporter, OpenTelemetryActivityInboundInterceptor } = await import(
    '@temporalio/interceptors-opentelemetry'
  );
  const { tracer, processor, resource } = sdk;
  return {
    activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context, { tracer }) })],
    sinks: { exporter: makeWorkflowExporter(processor, resource) },
  };
}
