import { artifactKey } from './keys.ts';
import type { GraphNode, KindDefinition } from './method.ts';

/** What a method says of a node; kind, key and needs follow from the kind and the specification. */
export type NodeFacts = Omit<GraphNode, 'kind' | 'pool' | 'spec' | 'key' | 'needs'>;

/**
 * A node of a graph.
 * @throws where the specification does not fit its kind: a defect of the method
 */
export function graphNode<Spec extends object>(
  kind: KindDefinition<Spec>,
  spec: Spec,
  facts: NodeFacts,
): GraphNode {
  kind.schema.parse(spec);
  return {
    ...facts,
    kind: kind.kind,
    pool: kind.pool,
    spec,
    key: artifactKey(spec),
    needs: Object.values(kind.needs(spec)).map(({ kind: of, key }) => ({ kind: of, key })),
  };
}
