import { join } from 'node:path';
import type { Need } from '@ddad/contract';
import { fetchFile, type Manifest, type ObjectStore, readManifest } from '@ddad/storage';
import type { MakerInput } from './make-task.ts';

/**
 * Fetches published artifacts that a maker reads: their manifests, and of their files those that are asked for, each to
 * `directory/NAME.FILE`. What several names stand for is fetched once.
 * @param needs by name
 * @throws Error where an artifact is not finished. It may be about to be made again: the coordinator looks, and has that done
 * @throws DigestMismatch, ObjectNotFound where a file is damaged
 */
export async function fetchInputs(
  store: ObjectStore,
  needs: Readonly<Record<string, Need>>,
  directory: string,
): Promise<Record<string, MakerInput>> {
  const manifests = new Map<string, Manifest>();
  const paths = new Map<string, string>();
  const inputs: Record<string, MakerInput> = {};
  // One after the other: all files of a large ensemble at once would want as many connections.
  for (const [name, { kind, key, files }] of Object.entries(needs)) {
    const artifact = `${kind}/${key}`;
    const manifest = manifests.get(artifact) ?? (await finishedManifest(store, kind, key));
    manifests.set(artifact, manifest);
    const found: Record<string, string> = {};
    for (const file of files) {
      const place = `${artifact}/${file}`;
      let path = paths.get(place);
      if (path === undefined) {
        path = join(directory, `${name}.${file}`);
        await fetchFile(store, manifest, file, path);
        paths.set(place, path);
      }
      found[file] = path;
    }
    inputs[name] = { manifest, files: found };
  }
  return inputs;
}

async function finishedManifest(store: ObjectStore, kind: string, key: string): Promise<Manifest> {
  const manifest = await readManifest(store, kind, key);
  if (manifest === null) throw new Error(`${kind} ${key}: expected it to be finished, found no manifest`);
  return manifest;
}
