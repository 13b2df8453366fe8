import { type ArtifactKind, type Manifest, type ObjectStore, readManifest } from '@ddad/storage';

/**
 * The manifest of an artifact that a job reads.
 * @throws where there is none. It may be about to be made again: the coordinator looks, and has that done
 */
export async function finishedManifest(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
): Promise<Manifest> {
  const manifest = await readManifest(store, kind, key);
  if (manifest === null) throw new Error(`${kind} ${key}: expected it to be finished, found no manifest`);
  return manifest;
}
