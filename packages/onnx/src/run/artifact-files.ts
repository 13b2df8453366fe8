import { readFile } from 'node:fs/promises';
import { decodeSafetensors, type ObjectReader, publishedManifest, withArtifactFile } from '@ddad/storage';
import type { ArtifactReader } from '../onnx-export.ts';

/**
 * Reads published artifacts, verified.
 * @param directory for files while they are read
 */
export function artifactFiles(store: ObjectReader, directory: string): ArtifactReader {
  return {
    manifest: (artifact) => publishedManifest(store, artifact),
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
