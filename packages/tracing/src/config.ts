import { z } from 'zod';

const headersForm = /^[!-+\--<>-~]+=[!-+\--~]*(,[!-+\--<>-~]+=[!-+\--~]*)*$/;

/** Where spans go, under the names that OpenTelemetry gave these settings; without an endpoint there are none. */
export const tracingShape = {
  /** Base URL of a receiver of OTLP over HTTP: spans go to `/v1/traces` below it, as JSON. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .regex(/^https?:\/\/[^@\s?#]+$/, 'expected http://host:port or https://host:port, without a user')
    .optional(),
  /** Headers of every request, NAME=VALUE with commas between, values percent-encoded; best given as ..._HEADERS_FILE. */
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(headersForm, 'expected NAME=VALUE with commas between them')
    .optional(),
};
