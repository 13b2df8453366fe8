import { setTimeout as delay } from 'node:timers/promises';
import { pageKind, type RunResult } from '@ddad/contract';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '@ddad/tracing/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { slowMethod } from './slow-method/method.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

let receiver: OtlpReceiver;
let cluster: TestCluster;
let dataset: SmallDataset;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const env = {
    METHODS: slowMethod,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=radiology,x-key=a%3Db',
    // The tests' common bundle is one without tracing.
    WORKFLOWS: '',
  };
  [cluster, dataset] = await Promise.all([startTestCluster({ env }), smallDataset()]);
  const { code, stderr } = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
  await receiver?.close();
});

test('a run is one trace, from its workflow over activities and gRPC to the process of each job', async () => {
  const input = { dataset: 'small', method: 'slow', k: 2, epochs: 3 };
  const handle = await cluster.temporal.workflow.start('trainEnsemble', {
    taskQueue: 'ddad',
    workflowId: 'traced',
    args: [input],
  });
  const { nodes = [] } = (await handle.result()) as RunResult;
  const made = new Map(nodes.map(({ key, kind }) => [key, kind]));
  const jobs = () => receiver.spans.filter(({ name }) => name.startsWith('job '));
  const roots = () => receiver.spans.filter(({ parentSpanId }) => parentSpanId === '');
  // Spans are sent every few seconds. The page is a job as well.
  const logs = () =>
    [cluster.coordinator, cluster.scorer, ...cluster.trainers].map((service) => service.logs()).join('');
  await expect
    .poll(
      () => ({
        jobs: jobs().map(({ name }) => name),
        roots: roots().length,
        lost: /spans are lost.*/.exec(logs())?.[0],
      }),
      {
        timeout: 60_000,
      },
    )
    .toEqual({ jobs: expect.objectContaining({ length: made.size + 1 }), roots: 1, lost: undefined });
  await delay(6_000);

  const { spans } = receiver;
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(byId.size).toBe(spans.length);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(spans.filter(({ failed }) => failed)).toEqual([]);

  const [root] = roots() as [ReceivedSpan];
  expect(root).toMatchObject({ service: 'ddad-coordinator', name: 'RunWorkflow:trainEnsemble' });
  expect(root.attributes).toMatchObject({ workflowId: 'traced' });

  // From each phase of a process up to the run.
  const above = (span: ReceivedSpan): string[] => {
    const parent = byId.get(span.parentSpanId);
    return [`${span.service} ${span.name}`, ...(parent === undefined ? [] : above(parent))];
  };
  const works = spans.filter(({ name }) => name === 'work');
  const kinds = [...made.values(), pageKind.kind].sort();
  const kindOf = (span: ReceivedSpan) => /^make (.*)$/.exec(byId.get(span.parentSpanId)?.name ?? '')?.[1];
  expect(works.map(kindOf).sort()).toEqual(kinds);
  for (const work of works) {
    const kind = kindOf(work)!;
    const service = kind === 'trained-walk' ? 'ddad-trainer' : 'ddad-scorer';
    const activity = kind === pageKind.kind ? 'makePage' : 'make';
    expect(above(work)).toEqual([
      `${service} work`,
      `${service} make ${kind}`,
      `${service} job ${kind}`,
      'ddad-coordinator ddad.v1.WorkerService/Make',
      `ddad-coordinator RunActivity:${activity}`,
      `ddad-coordinator StartActivity:${activity}`,
      'ddad-coordinator RunWorkflow:trainEnsemble',
    ]);
  }
  // A job says what it made, and its process is another one than the service's.
  for (const job of jobs()) expect(job.kind).toBe(2);
  const walks = jobs().filter(({ name }) => name === 'job trained-walk');
  expect(walks.map(({ attributes }) => made.get(String(attributes['ddad.key'])))).toEqual([
    'trained-walk',
    'trained-walk',
  ]);
  const pids = spans.flatMap(({ name, attributes }) =>
    name.startsWith('make ') ? [Number(attributes['process.pid'])] : [],
  );
  expect(new Set(pids).size).toBe(kinds.length);
  expect(pids).not.toContain(cluster.scorer.pid);

  // A span lies within the one above it; clocks tell milliseconds.
  for (const span of spans) {
    const parent = byId.get(span.parentSpanId);
    if (parent === undefined) continue;
    expect(span.startMs, span.name).toBeGreaterThanOrEqual(parent.startMs - 5);
    expect(span.endMs, span.name).toBeLessThanOrEqual(parent.endMs + 5);
  }

  expect(receiver.headers[0]).toMatchObject({ 'x-team': 'radiology', 'x-key': 'a=b' });
  // No names of images.
  expect(JSON.stringify(spans)).not.toMatch(/\.png|\.dcm/);
});
