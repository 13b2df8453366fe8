/** The part of a Kubernetes object that is looked at here. */
export interface Manifest {
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: 'In'; values: string[] }[];
}
interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { protocol: string; port: number }[];
}
interface Policy {
  podSelector: Selector;
  policyTypes: ('Ingress' | 'Egress')[];
  ingress?: Rule[];
  egress?: Rule[];
}

/**
 * Connections that the NetworkPolicies among the manifests let through, as "from -> to:port". Between two of the
 * workloads both ends must allow it. Outside is `namespace NAME` or, where a rule names nobody, `anywhere`.
 * @param workloads values of app.kubernetes.io/name
 */
export function allowedArrows(manifests: readonly Manifest[], workloads: readonly string[]): Set<string> {
  const policies = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map(({ spec }) => spec as unknown as Policy);
  const arrows = (direction: 'Ingress' | 'Egress') => {
    const found = new Set<string>();
    for (const policy of policies.filter(({ policyTypes }) => policyTypes.includes(direction))) {
      for (const own of select(policy.podSelector, workloads)) {
        for (const rule of (direction === 'Ingress' ? policy.ingress : policy.egress) ?? []) {
          for (const other of peersOf(direction === 'Ingress' ? rule.from : rule.to, workloads)) {
            for (const { port, protocol } of rule.ports ?? []) {
              const [from, to] = direction === 'Ingress' ? [other, own] : [own, other];
              found.add(`${from} -> ${to}:${port}${protocol === 'TCP' ? '' : `/${protocol}`}`);
            }
          }
        }
      }
    }
    return found;
  };
  const [incoming, outgoing] = [arrows('Ingress'), arrows('Egress')];
  const inside = (arrow: string, end: 0 | 1) => workloads.includes(arrow.split(' -> ')[end]!.split(':')[0]!);
  return new Set([
    ...[...outgoing].filter((arrow) => !inside(arrow, 1) || incoming.has(arrow)),
    ...[...incoming].filter((arrow) => !inside(arrow, 0)),
  ]);
}

/** Whether a policy without rules closes both directions for every workload. */
export function deniesByDefault(manifests: readonly Manifest[]): boolean {
  return manifests.some(({ kind, spec }) => {
    if (kind !== 'NetworkPolicy') return false;
    const { podSelector, policyTypes, ingress, egress } = spec as unknown as Policy;
    const all = Object.keys(podSelector).length === 0;
    return all && policyTypes.length === 2 && ingress === undefined && egress === undefined;
  });
}

function peersOf(peers: Peer[] | undefined, workloads: readonly string[]): string[] {
  if (peers === undefined) return ['anywhere'];
  return peers.flatMap(({ podSelector, namespaceSelector }) => {
    if (namespaceSelector === undefined) return select(podSelector ?? {}, workloads);
    const name = namespaceSelector.matchLabels?.['kubernetes.io/metadata.name'];
    return [name === undefined ? 'any namespace' : `namespace ${name}`];
  });
}

/** The workloads that a selector means. @throws where it asks for something that is not known here */
function select(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  workloads: readonly string[],
): string[] {
  const label = 'app.kubernetes.io/name';
  const keys = [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)];
  if (keys.some((key) => key !== label))
    throw new Error(`expected selectors by ${label}, got ${keys.join(', ')}`);
  return workloads.filter(
    (workload) =>
      (matchLabels[label] ?? workload) === workload &&
      matchExpressions.every(({ values }) => values.includes(workload)),
  );
}
