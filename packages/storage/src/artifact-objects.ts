import { type ArtifactKind, artifactKindSchema } from '@ddad/contract';

/**
 * First part of the keys of all objects of an artifact, its last slash included.
 * @throws TypeError on a kind whose name object keys cannot begin with
 */
export function artifactPrefix(kind: ArtifactKind, key: string): string {
  return `${checkedKind(kind)}/${key}/`;
}

/** The same of an artifact's checkpoints. */
export function checkpointPrefix(kind: ArtifactKind, key: string): string {
  return `checkpoints/${checkedKind(kind)}/${key}/`;
}

function checkedKind(kind: ArtifactKind): ArtifactKind {
  const parsed = artifactKindSchema.safeParse(kind);
  if (!parsed.success) {
    throw new TypeError(`artifact kind: ${parsed.error.issues[0]?.message}, got ${JSON.stringify(kind)}`);
  }
  return parsed.data;
}
