import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchFile, type Manifest, readManifest } from './manifests.ts';
import type { ObjectReader } from './object-store.ts';

/** An artifact was wanted that is not published. */
export class ArtifactNotFound extends Error {
  override readonly name = 'ArtifactNotFound';
}

/** @throws ArtifactNotFound, and what `readManifest` throws */
export async function publishedManifest(
  store: ObjectReader,
  { kind, key }: Pick<Manifest, 'kind' | 'key'>,
): Promise<Manifest> {
  const manifest = await readManifest(store, kind, key);
  if (manifest === null)
    throw new ArtifactNotFound(`${kind} ${key}: expected it in the store, found nothing`);
  return manifest;
}

/**
 * Has one of an artifact's files used, which is verified and lies in the directory meanwhile.
 * @throws ArtifactNotFound, and what `fetchFile` throws
 */
export async function withArtifactFile<T>(
  store: ObjectReader,
  artifact: Pick<Manifest, 'kind' | 'key'>,
  file: string,
  directory: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(directory, 'artifact.safetensors');
  try {
    await fetchFile(store, await publishedManifest(store, artifact), file, path);
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}
