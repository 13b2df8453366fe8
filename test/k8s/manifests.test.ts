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
  it('limits each trainer to one GPU and takes the images for it', () => {
    const trainer = workloads(rendered.production).find(({ name }) => name === 'trainer')!;
    expect(trainer.pod.containers[0]).toMatchObject({
      image: `localhost/ddad-trainer-cuda:${version}`,
      resources: { limits: { 'nvidia.com/gpu': '1' } },
    });
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
