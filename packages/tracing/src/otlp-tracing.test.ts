import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createLogger } from '@ddad/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { childSpans } from './child-spans.ts';
import { noTracing, openTracing } from './index.ts';
import { OtlpTracing } from './otlp-tracing.ts';
import { type OtlpReceiver, startOtlpReceiver } from './receiver.testing.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = `00-${traceId}-b7ad6b7169203331-01`;
const logger = createLogger('test', 'silent');

let receiver: OtlpReceiver;
let tracing: OtlpTracing;

beforeEach(async () => {
  receiver = await startOtlpReceiver();
  const { endpoint } = receiver;
  tracing = new OtlpTracing({ endpoint, headers: {}, service: 'ddad-test', instance: 'one', logger });
});
afterEach(async () => {
  await tracing.close();
  await receiver.close();
});

it('sends the spans of nested work, each below the one that it was begun in, and which failed', async () => {
  const failing = tracing.within(
    'outer',
    { parent, side: 'server', attributes: { 'ddad.key': 'k' } },
    (outer) =>
      tracing.within('inner', { parent: outer.parent }, async () => {
        throw new Error('out of memory');
      }),
  );
  await expect(failing).rejects.toThrow('out of memory');
  await tracing.close();
  const [inner, outer] = receiver.spans;
  expect(outer).toMatchObject({
    ...{
      service: 'ddad-test',
      name: 'outer',
      traceId,
      parentSpanId: 'b7ad6b7169203331',
      kind: 2,
      failed: true,
    },
    attributes: { 'ddad.key': 'k' },
  });
  expect(inner).toMatchObject({ name: 'inner', traceId, parentSpanId: outer?.spanId, kind: 1, failed: true });
});

it('begins no trace: work that belongs to none has no span', async () => {
  expect(await tracing.within('alone', { parent: undefined }, async (span) => span.parent)).toBeUndefined();
  await tracing.close();
  expect(receiver.spans).toEqual([]);
});

it('hands on the spans of another process, its phases within its whole life', async () => {
  const spans = childSpans(parent, 'make maps', { 'process.pid': 7 });
  spans.phase('load');
  spans.phase('work');
  tracing.take(structuredClone(spans.end()));
  await tracing.close();
  const [load, work, whole] = receiver.spans;
  expect(receiver.spans.map(({ name }) => name)).toEqual(['load', 'work', 'make maps']);
  expect(whole).toMatchObject({
    traceId,
    parentSpanId: 'b7ad6b7169203331',
    attributes: { 'process.pid': 7 },
  });
  for (const phase of [load, work])
    expect(phase).toMatchObject({
      service: 'ddad-test',
      traceId,
      parentSpanId: whole?.spanId,
      failed: false,
    });
  expect(load?.startMs).toBe(whole?.startMs);
  expect(work?.startMs).toBe(load?.endMs);
  expect(work?.endMs).toBe(whole?.endMs);
});

it('works on where nobody takes the spans, and says so once', async () => {
  const warnings: string[] = [];
  const noting = createLogger('test', 'warn', { write: (line) => void warnings.push(line) });
  await receiver.close();
  await tracing.close();
  const { endpoint } = receiver;
  tracing = new OtlpTracing({
    ...{ endpoint, headers: {}, service: 's', instance: undefined, logger: noting },
    delayMs: 10,
  });
  for (const name of ['one', 'two']) {
    expect(await tracing.within(name, { parent }, async () => name)).toBe(name);
    await expect.poll(() => warnings).toHaveLength(1);
  }
  expect(warnings[0]).toContain('spans are lost: their receiver does not take them');
  expect(warnings[0]).toContain('ECONNREFUSED');
  // Nobody's shutdown fails for it.
  await tracing.close();
  expect(warnings).toHaveLength(1);
  receiver = await startOtlpReceiver();
});

it('is off where no receiver is named, and loads nothing of OpenTelemetry then', async () => {
  expect(await openTracing({}, { service: 's', logger })).toBe(noTracing);
  expect(await noTracing.within('any', { parent }, async (span) => span.parent)).toBeUndefined();
  const loaded = async (settings: string) => {
    const program = `
      import { createRequire } from 'node:module';
      const { openTracing } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))});
      const tracing = await openTracing(${settings}, { service: 's', logger: { warn() {} } });
      await tracing.close();
      const { cache } = createRequire(${JSON.stringify(import.meta.url)});
      console.log(Object.keys(cache).filter((path) => path.includes('@opentelemetry/sdk-trace-base')).length);`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    return Number((await run).stdout);
  };
  expect(await loaded('{}')).toBe(0);
  expect(await loaded('{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }')).toBeGreaterThan(0);
});
