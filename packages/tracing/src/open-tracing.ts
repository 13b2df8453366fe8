import type { Logger } from '@ddad/platform';
import type { z } from 'zod';
import type { tracingShape } from './config.ts';
import { noTracing, type Tracing } from './tracing.ts';

/**
 * A service's tracing, as its settings ask for it: off, with nothing of OpenTelemetry loaded, unless they name a receiver.
 * @param service its name in the traces: `ddad-trainer`
 * @param instance which of them it is
 */
export async function openTracing(
  settings: z.output<z.ZodObject<typeof tracingShape>>,
  { service, instance, logger }: { service: string; instance?: string; logger: Logger },
): Promise<Tracing> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = settings;
  if (endpoint === undefined) return noTracing;
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing({
    endpoint,
    headers: Object.fromEntries((headers?.split(',') ?? []).map(headerOf)),
    service,
    instance,
    logger,
  });
}

function headerOf(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), decodeURIComponent(text.slice(at + 1))];
}
