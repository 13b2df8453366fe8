import { type EvaluationSpec, evaluationKind, type RunResult } from '@ddad/contract';
import { type ObjectStore, readManifest } from '@ddad/storage';

/**
 * What a run's evaluation was made of, as the store holds it.
 * @returns what is missing, in words, where that is not known any more
 */
export async function storedEvaluation(
  store: ObjectStore,
  { nodes = [] }: Pick<RunResult, 'nodes'>,
): Promise<EvaluationSpec | { missing: string }> {
  const node = nodes.find(({ kind }) => kind === evaluationKind.kind);
  const manifest = node === undefined ? null : await readManifest(store, node.kind, node.key);
  if (manifest === null) return { missing: 'its evaluation is not in the store any more' };
  const spec = evaluationKind.schema.safeParse(manifest.spec);
  return spec.success ? spec.data : { missing: 'its evaluation is one of another version' };
}
