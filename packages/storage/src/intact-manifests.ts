import type { ArtifactKind } from '@ddad/contract';
import { artifactPrefix } from './artifact-objects.ts';
import { type Manifest, manifestKey, parseManifest } from './manifests.ts';
import { ObjectNotFound, type ObjectStore } from './object-store.ts';
import { MalformedObject } from './stored-json.ts';

/** A published artifact that was not what its manifest says. */
export interface Damage {
  kind: ArtifactKind;
  key: string;
  /** What was expected and what is there. Holds object keys and sizes only. */
  fault: string;
  /** Object key under which its manifest lies now. */
  setAside: string;
}

export interface IntactOptions {
  /** Reads every file and compares its digest; else only whether it is there and how long it is. Default false. */
  digests?: boolean;
  /** Names what is set aside. */
  now?: () => Date;
}

/**
 * Reads the manifest of an artifact that is whole. One whose objects are missing, have another size (or, on request,
 * another digest), or that is no manifest of this artifact is set aside as `manifest.set-aside-TIME.json` beside it, so that the
 * artifact counts as not made and is made again under its key.
 * @returns manifest: null where the artifact is not finished, or was damaged; damage: null where there was none.
 */
export async function readIntactManifest(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
  options: IntactOptions = {},
): Promise<{ manifest: Manifest | null; damage: Damage | null }> {
  const object = manifestKey(kind, key);
  for (;;) {
    const text = await getOrNull(store, object);
    if (text === null) return { manifest: null, damage: null };
    const judged = await judge(store, kind, key, text, options.digests ?? false);
    if ('manifest' in judged) return { ...judged, damage: null };
    // Somebody else may have set it aside meanwhile, and made the artifact again: only what was judged is moved.
    const now = await getOrNull(store, object);
    if (now === null || !now.equals(text)) continue;
    const time = (options.now?.() ?? new Date()).toISOString().replaceAll(/[-:.]/g, '');
    const setAside = `${setAsidePrefix(object)}${time}.json`;
    await store.put(setAside, text);
    await store.remove([object]);
    return { manifest: null, damage: { kind, key, fault: judged.fault, setAside } };
  }
}

/**
 * Why an artifact that has no manifest was taken for damaged: several may find the same damage at once, and all but the first find no
 * manifest any more.
 * @returns what was expected and what is there, by the manifest that was set aside last; null where none was, or nothing is wrong with it
 */
export async function setAsideFault(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
): Promise<string | null> {
  const begin = setAsidePrefix(manifestKey(kind, key));
  const last = (await store.list(begin)).at(-1);
  const text = last === undefined ? null : await getOrNull(store, last.key);
  if (text === null) return null;
  const judged = await judge(store, kind, key, text, true);
  return 'fault' in judged ? judged.fault : null;
}

/** Whether an object is a manifest that was set aside. */
export function isManifestSetAside(object: string): boolean {
  return object.slice(object.lastIndexOf('/') + 1).startsWith(setAsidePrefix('manifest.json'));
}

/** Times follow, in the order of the object keys. */
function setAsidePrefix(manifest: string): string {
  return manifest.replace(/\.json$/, '.set-aside-');
}

async function judge(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
  text: Buffer,
  digests: boolean,
): Promise<{ manifest: Manifest } | { fault: string }> {
  let manifest: Manifest;
  try {
    manifest = parseManifest(kind, key, text);
  } catch (error) {
    if (error instanceof MalformedObject) return { fault: error.message };
    throw error;
  }
  const entries = await store.list(artifactPrefix(kind, key));
  const sizes = new Map(entries.map((entry) => [entry.key, entry.size]));
  for (const file of Object.values(manifest.files)) {
    const size = sizes.get(file.object);
    if (size !== file.bytes) {
      const found = size === undefined ? 'none' : `${size} bytes`;
      return { fault: `${file.object}: expected ${file.bytes} bytes, found ${found}` };
    }
    if (digests && (await store.digest(file.object)).sha256 !== file.sha256) {
      return { fault: `${file.object}: expected content with that SHA-256, found other bytes` };
    }
  }
  return { manifest };
}

async function getOrNull(store: ObjectStore, object: string): Promise<Buffer | null> {
  try {
    return await store.get(object);
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}
