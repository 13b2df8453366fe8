import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactReader } from '@ddad/onnx';
import { decodeSafetensors, fetchFile, type Manifest, type ObjectStore, readManifest } from '@ddad/storage';
import { CommandFailure } from '../failure.ts';

/**
 * Reads published artifacts, verified.
 * @param directory for files while they are read
 */
export function artifactFiles(store: ObjectStore, directory: string): ArtifactReader {
  const manifestOf = async ({ kind, key }: { kind: string; key: string }): Promise<Manifest> => {
    const manifest = await readManifest(store, kind, key);
    if (manifest === null)
      throw new CommandFailure(`${kind} ${key}: expected it in the store, found nothing`);
    return manifest;
  };
  return {
    manifest: manifestOf,
    async tensors(artifact, file) {
      const path = join(directory, 'artifact.safetensors');
      try {
        await fetchFile(store, await manifestOf(artifact), file, path);
        return decodeSafetensors(await readFile(path)).tensors;
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}
