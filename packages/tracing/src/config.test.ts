import { readConfig } from '@ddad/platform';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { traceParentOf, tracingShape } from './index.ts';

const read = (env: Record<string, string>) => readConfig(z.object(tracingShape), env);

it('takes an endpoint and headers as OpenTelemetry writes them, and is off without', () => {
  expect(read({})).toEqual({});
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'https://collector.monitoring:4318/otlp';
  const OTEL_EXPORTER_OTLP_HEADERS = 'authorization=Bearer%20abc,x-scope=team-1';
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS };
  expect(read(env)).toEqual(env);
});

it('refuses an endpoint that is none, and headers without values, without showing what may be a key', () => {
  const faults = () =>
    read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318', OTEL_EXPORTER_OTLP_HEADERS: 'secret' });
  expect(faults).toThrow(
    /OTEL_EXPORTER_OTLP_ENDPOINT: expected http:.*OTEL_EXPORTER_OTLP_HEADERS: expected/s,
  );
  expect(faults).not.toThrow(/"secret"/);
});

it('takes a trace parent of version 00 from strangers, and nothing else', () => {
  const right = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect(traceParentOf(right)).toBe(right);
  // Ids of zeros are none, by the specification.
  for (const wrong of [
    undefined,
    '',
    Buffer.from(right),
    right.toUpperCase(),
    `${right}\n`,
    right.replace(/-\w{16}-/, '-0000000000000000-'),
    right.replace(/-\w{32}-/, `-${'0'.repeat(32)}-`),
  ])
    expect(traceParentOf(wrong)).toBeUndefined();
});
