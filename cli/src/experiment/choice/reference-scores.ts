import type { EvaluationSpec, RunResult } from '@ddad/contract';
import { type ObjectStore, openSafetensors, withArtifactFile } from '@ddad/storage';
import { storedEvaluation } from '../../stored-evaluations.ts';

/** What scores a run gave the images that a choice is made by. */
export interface ReferenceScores {
  /** What of the run's input chose these images. */
  selection: EvaluationSpec['selection'];
  images: { heldOut: number; unlabeled: number };
  /** By name: of the held-out normal images, then of the unlabeled ones. */
  scores: Record<string, Float32Array>;
}

/**
 * Reads the scores of a run's held-out normal and unlabeled images, each by itself, out of the artifacts that its evaluation
 * read them from: the evaluation keeps their AUC alone.
 * @param directory for files while they are read
 * @returns what is missing, in words, where the run has none
 * @throws ArtifactNotFound where one has gone, and what `fetchFile` throws where it is damaged
 */
export async function referenceScores(
  store: ObjectStore,
  result: RunResult,
  directory: string,
): Promise<ReferenceScores | { missing: string }> {
  const { heldOut = 0, unlabeled = 0 } = result.labelFree?.images ?? {};
  if (heldOut === 0 || unlabeled === 0) {
    return { missing: `expected held-out normal and unlabeled images, got ${heldOut} and ${unlabeled}` };
  }
  const evaluation = await storedEvaluation(store, result);
  if ('missing' in evaluation) return evaluation;
  const { selection, sources } = evaluation;
  const scores: Record<string, Float32Array> = {};
  const artifacts = Map.groupBy(
    sources.filter(({ images }) => images === 'reference'),
    ({ kind, key }) => `${kind}/${key}`,
  );
  for (const [first, ...others] of artifacts.values()) {
    if (first === undefined) continue;
    await withArtifactFile(store, first, 'scores', directory, async (path) => {
      const file = await openSafetensors(path);
      try {
        for (const { score, tensor } of [first, ...others]) scores[score] = await file.read(tensor);
      } finally {
        await file.close();
      }
    });
  }
  const short = Object.entries(scores).find(([, { length }]) => length !== heldOut + unlabeled);
  if (short !== undefined) {
    const [name, { length }] = short;
    return { missing: `${name}: expected scores of ${heldOut + unlabeled} images, got ${length}` };
  }
  return { selection, images: { heldOut, unlabeled }, scores };
}
