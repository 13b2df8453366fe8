import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKey } from '@ddad/contract';
import { publishArtifact } from './manifests.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Publishes an artifact of files with this content, as a worker would that took a second for it.
 * @returns its key
 */
export async function publishContent(
  store: ObjectStore,
  { kind, spec, files }: { kind: string; spec: object; files: Record<string, string | Uint8Array> },
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-content-'));
  try {
    const paths: Record<string, string> = {};
    for (const [name, content] of Object.entries(files)) {
      paths[name] = join(directory, name);
      await writeFile(paths[name], content);
    }
    const key = artifactKey(spec);
    const made = { loss: null, seconds: 1, worker: 'w', environment: {} };
    await publishArtifact(store, { kind, key, spec, files: paths, ...made });
    return key;
  } finally {
    await rm(directory, { recursive: true });
  }
}
