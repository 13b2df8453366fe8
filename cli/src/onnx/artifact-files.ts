import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactName, ArtifactReader } from '@ddad/onnx';
import { decodeSafetensors, fetchFile, type Manifest, type ObjectStore, readManifest } from '@ddad/storage';
import { CommandFailure } from '../failure.ts';

/**
 * Reads published artifacts, verified.
 * @param directory for files while they are read
 */
export function artifactFiles(store: ObjectStore, directory: string): ArtifactReader {
  return {
    manifest: (artifact) => manifestOf(store, artifact),
    tensors: (artifact, file) =>
      withArtifactFile(
        store,
        artifact,
        file,
        directory,
        async (path) => decodeSafetensors(await readFile(path)).tensors,
      ),
  };
}

/**
 * Has one of an artifact's files used, which is verified and lies in the directory meanwhile.
 * @throws CommandFailure where the artifact is not there
 */
export async function withArtifactFile<T>(
  store: ObjectStore,
  artifact: ArtifactName,
  file: string,
  directory: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(directory, 'artifact.safetensors');
  try {
    await fetchFile(store, await manifestOf(store, artifact), file, path);
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}

async function manifestOf(store: ObjectStore, { kind, key }: ArtifactName): Promise<Manifest> {
  const manifest = await readManifest(store, kind, key);
  if (manifest === null) throw new CommandFailure(`${kind} ${key}: expected it in the store, found nothing`);
  return manifest;
}
