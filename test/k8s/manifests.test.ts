import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { coordinatorConfig } from '../../services/coordinator/src/config.ts';
import { scorerConfig } from '../../services/scorer/src/config.ts';
import { trainerConfig } from '../../services/trainer/src/config.ts';
import { kubectl } from './kubectl.ts';
import { allowedArrows, deniesByDefault, type Manifest } from './network-arrows.ts';

const root = resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string };
const overlays = ['evaluation', 'production'] as const;

function render(path: string): Manifest[] {
  const text = execFileSync('kubectl', ['kustomize', resolve(root, path)], { maxBuffer: 1 << 26 }).toString();
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

const rendered = Object.fromEntries(
  overlays.map((overlay) => [overlay, render(`deploy/k8s/overlays/${overlay}`)]),
) as Record<(typeof overlays)[number], Manifest[]>;

interface Container {
  name: string;
  env?: { name: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
  image: string;
  ports?: { name: string; containerPort: number; hostPort?: number }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: Record<string, unknown>;
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
}
interface Probe {
  httpGet?: { port: string };
  grpc?: { port: number };
}
interface Pod {
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: Record<string, unknown>;
  containers: Container[];
  initContainers?: Container[];
}
const workloads = (manifests: Manifest[]) =>
  manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job', 'DaemonSet', 'CronJob'].includes(kind))
    .map(({ metadata, spec }) => ({
      name: metadata.name,
      pod: (spec as { template: { spec: Pod } }).template.spec,
    }));
const containersOf = ({ containers, initContainers = [] }: Pod) => [...containers, ...initContainers];

describe.each(overlays)('overlay %s', (overlay) => {
  const manifests = rendered[overlay];

  it('runs everything under restricted security contexts', () => {
    for (const { pod } of workloads(manifests)) {
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { securityContext } of containersOf(pod)) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
    const namespace = manifests.find(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
  });

  it('gives the token of a service account to the coordinator alone, who may patch pods and nothing else', () => {
    const withToken = workloads(manifests).filter(({ pod }) => pod.automountServiceAccountToken !== false);
    expect(withToken.map(({ name }) => name)).toEqual(['coordinator']);
    const roles = manifests.filter(({ kind }) => kind.endsWith('Role')) as unknown as { rules: unknown }[];
    expect(roles.map(({ rules }) => rules)).toEqual([
      [{ apiGroups: [''], resources: ['pods'], verbs: ['patch'] }],
    ]);
  });

  it('probes by named port, or by the standard gRPC health service', () => {
    for (const { pod } of workloads(manifests)) {
      for (const { ports = [], startupProbe, readinessProbe, livenessProbe } of pod.containers) {
        for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
          const known = ports.some(
            ({ name, containerPort }) => probe?.httpGet?.port === name || probe?.grpc?.port === containerPort,
          );
          expect(known).toBe(true);
        }
      }
    }
  });

  it('asks for resources, limits them, and lets nothing end before its checkpoint is stored', () => {
    for (const { pod } of workloads(manifests)) {
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(45);
      // Variables like NATS_PORT, made of Services, would be taken for settings.
      expect(pod.enableServiceLinks).toBe(false);
      for (const { resources } of containersOf(pod)) {
        for (const key of ['cpu', 'memory']) {
          expect(resources.requests).toHaveProperty(key);
          expect(resources.limits).toHaveProperty(key);
        }
      }
    }
    const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name).sort()).toEqual(['scorer', 'trainer']);
    // A pod that is not ready would use up the budget, and a sick node could not be drained of it.
    for (const { spec } of budgets) expect(spec).toMatchObject({ unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  it("has workers announce their pods' names and addresses", () => {
    for (const worker of ['trainer', 'scorer']) {
      const { pod } = workloads(manifests).find(({ name }) => name === worker)!;
      const env = pod.containers[0]?.env ?? [];
      const fieldOf = (setting: string) =>
        env.find(({ name }) => name === `${worker.toUpperCase()}_${setting}`)?.valueFrom?.fieldRef?.fieldPath;
      expect(fieldOf('ID')).toBe('metadata.name');
      expect(fieldOf('ADVERTISE')).toBe('status.podIP');
    }
  });

  it('takes images of this version', () => {
    const images = workloads(manifests).flatMap(({ pod }) => containersOf(pod).map(({ image }) => image));
    for (const image of images) expect(image).toMatch(new RegExp(`/ddad-[a-z-]+:${version}$`));
  });

  it('holds no secret and exposes nothing', () => {
    const kinds = manifests.map(({ kind }) => kind);
    for (const kind of ['Secret', 'Ingress', 'Gateway', 'HTTPRoute']) expect(kinds).not.toContain(kind);
    for (const { kind, spec } of manifests) if (kind === 'Service') expect(spec).not.toHaveProperty('type');
    for (const { pod } of workloads(manifests)) {
      expect(pod).not.toHaveProperty('hostNetwork');
      for (const { ports = [] } of containersOf(pod))
        for (const port of ports) expect(port).not.toHaveProperty('hostPort');
    }
  });

  it('is valid for the API server', async () => {
    await kubectl(['apply', '--dry-run=server', '-k', resolve(root, `deploy/k8s/overlays/${overlay}`)]);
  });
});

describe('the NetworkPolicies', () => {
  const services = { coordinator: coordinatorConfig, scorer: scorerConfig, trainer: trainerConfig };

  /** Arrows that follow from the settings that each service reads. */
  function usedArrows(manifests: Manifest[], target: (host: string) => string): Set<string> {
    const places = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && /^places-/.test(metadata.name),
    );
    const { data } = places as unknown as { data: Record<string, string> };
    const arrows = new Set<string>();
    for (const [service, { shape }] of Object.entries(services)) {
      for (const [name, value] of Object.entries(data)) {
        const at = /^(?:\w+:\/\/)?([^/:]+)(?::(\d+))?$/.exec(value);
        if (!(name in shape) || !/_(ADDRESS|URL|ENDPOINT)$/.test(name) || at === null) continue;
        arrows.add(`${service} -> ${target(at[1]!)}:${at[2] ?? 443}`);
      }
      arrows.add(`${service} -> namespace kube-system:53`);
      arrows.add(`${service} -> namespace kube-system:53/UDP`);
    }
    // What no setting names: workers announce themselves. The API server's addresses each cluster knows.
    for (const worker of ['scorer', 'trainer']) arrows.add(`coordinator -> ${worker}:50051`);
    return arrows;
  }

  it('let through what the services of `evaluation` use, and nothing else', () => {
    const manifests = rendered.evaluation;
    const names = ['coordinator', 'scorer', 'trainer', 'temporal', 'nats', 'minio'];
    expect(deniesByDefault(manifests)).toBe(true);
    const used = usedArrows(manifests, (host) => host);
    for (const server of ['temporal', 'nats', 'minio']) {
      used.add(`${server} -> namespace kube-system:53`);
      used.add(`${server} -> namespace kube-system:53/UDP`);
    }
    expect([...allowedArrows(manifests, names)].sort()).toEqual([...used].sort());
  });

  it('let through what the services of `production` use, metrics, and nothing else', () => {
    const manifests = rendered.production;
    const names = ['coordinator', 'scorer', 'trainer'];
    expect(deniesByDefault(manifests)).toBe(true);
    const used = usedArrows(manifests, () => 'anywhere');
    for (const service of names) used.add(`namespace monitoring -> ${service}:9090`);
    expect([...allowedArrows(manifests, names)].sort()).toEqual([...used].sort());
  });
});

describe('component gpu', () => {
  const trainerOf = (manifests: Manifest[]) =>
    workloads(manifests).find(({ name }) => name === 'trainer')!.pod.containers[0];

  it('limits each trainer to one GPU and takes the images for it', () => {
    expect(trainerOf(render('test/k8s/with-components/gpu'))).toMatchObject({
      image: `localhost/ddad-trainer-cuda:${version}`,
      resources: { limits: { 'nvidia.com/gpu': '1' } },
    });
  });

  it('is no part of `production`, as no training on a GPU has been measured', () => {
    const trainer = trainerOf(rendered.production);
    expect(trainer?.image).toBe(`localhost/ddad-trainer-cpu:${version}`);
    expect(trainer?.resources.limits).not.toHaveProperty('nvidia.com/gpu');
  });
});

describe('component tracing', () => {
  const manifests = render('test/k8s/with-components/tracing');

  it('tells every service where spans go, and lets them through to there and nowhere else', () => {
    const places = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && /^places-/.test(metadata.name),
    );
    const { data } = places as unknown as { data: Record<string, string> };
    const endpoint = 'http://otel-collector.monitoring.svc:4318';
    expect(data).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, S3_BUCKET: 'ddad' });
    for (const schema of [coordinatorConfig, scorerConfig, trainerConfig])
      expect(schema.shape.OTEL_EXPORTER_OTLP_ENDPOINT.parse(endpoint)).toBe(endpoint);
    const names = ['coordinator', 'scorer', 'trainer', 'temporal', 'nats', 'minio'];
    const without = allowedArrows(rendered.evaluation, names);
    const added = [...allowedArrows(manifests, names)].filter((arrow) => !without.has(arrow));
    expect(added.sort()).toEqual(
      ['coordinator', 'scorer', 'trainer'].map((name) => `${name} -> namespace monitoring:4318`),
    );
  });
});

describe('component pages-login', () => {
  const manifests = render('test/k8s/with-components/pages-login');
  const coordinator = workloads(manifests).find(({ name }) => name === 'coordinator')!.pod;
  const proxy = coordinator.containers.find(({ name }) => name === 'pages-login') as Container & {
    args: string[];
    volumeMounts: { mountPath: string }[];
  };

  it("runs beside the coordinator, whose pages stay on the pod's loopback, under the same restrictions", () => {
    expect(coordinator.containers.map(({ name }) => name)).toEqual(['coordinator', 'pages-login']);
    expect(proxy.args).toContain(`--upstream=http://${coordinatorConfig.shape.PAGE_LISTEN.parse(undefined)}`);
    expect(proxy.securityContext).toEqual(coordinator.containers[0]!.securityContext);
    expect(proxy.image).toMatch(/^quay\.io\/oauth2-proxy\/oauth2-proxy:v\d+\.\d+\.\d+$/);
  });

  it("has neither the pod's token for the API nor a credential of the coordinator", () => {
    const paths = proxy.volumeMounts.map(({ mountPath }) => mountPath);
    expect(paths).toEqual(['/var/run/secrets/kubernetes.io/serviceaccount']);
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret');
  });

  it('is reached from an Ingress controller, and nothing else opens', () => {
    const names = ['coordinator', 'scorer', 'trainer', 'temporal', 'nats', 'minio'];
    const without = allowedArrows(rendered.evaluation, names);
    const added = [...allowedArrows(manifests, names)].filter((arrow) => !without.has(arrow));
    expect(added.sort()).toEqual([
      'coordinator -> anywhere:443',
      'namespace ingress-nginx -> coordinator:4180',
    ]);
  });
});

describe('component kueue', () => {
  it('queues trainers and their pods, and nothing that runs would stop without', () => {
    const manifests = render('test/k8s/with-components/kueue');
    const label = 'kueue.x-k8s.io/queue-name';
    const queued = manifests.flatMap(({ kind, metadata, spec }) => {
      const { template } = (spec ?? {}) as { template?: { metadata: { labels?: Record<string, string> } } };
      const queues = [metadata.labels?.[label], template?.metadata.labels?.[label]];
      return queues.some((queue) => queue !== undefined) ? [[kind, metadata.name, ...queues]] : [];
    });
    expect(queued).toEqual([['Deployment', 'trainer', 'ddad', 'ddad']]);
  });
});
