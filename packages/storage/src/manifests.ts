import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import type { ArtifactKind } from '@ddad/contract';
import { artifactPrefix } from './artifact-objects.ts';
import { fileDigest } from './file-digest.ts';
import { artifactKey } from './keys.ts';
import { ObjectNotFound, type ObjectStore } from './object-store.ts';

/** One file of an artifact: where it lies and what it must hold. */
export interface ManifestFile {
  /** Object key. */
  object: string;
  /** Of the content, hexadecimal. */
  sha256: string;
  bytes: number;
}

/** Says that an artifact is finished, which objects hold it, and where it was made. Never changed once published. */
export interface Manifest {
  format: 1;
  kind: ArtifactKind;
  /** `artifactKey(spec)` */
  key: string;
  /** Everything that decides the artifact. */
  spec: object;
  /** By name, e.g. `weights`. */
  files: Record<string, ManifestFile>;
  /** Mean loss of the last epoch; null for work without one. */
  loss: number | null;
  /** Wall time of the work. */
  seconds: number;
  worker: string;
  /** ISO 8601. */
  finishedAt: string;
  /** CPU or GPU model, threads, library digest, versions: equal bytes are promised for equal environments only. */
  environment: Record<string, string | number>;
  /** Loss per epoch. */
  history?: number[];
}

/** What a worker hands over; `files` are paths by name. */
export interface FinishedArtifact
  extends Pick<
    Manifest,
    'kind' | 'key' | 'spec' | 'loss' | 'seconds' | 'worker' | 'environment' | 'history'
  > {
  files: Record<string, string>;
  /** Default now. */
  finishedAt?: Date;
}

export interface Publication {
  /** The one that counts: ours, or that of whoever was faster. */
  manifest: Manifest;
  won: boolean;
  /** False where somebody was faster and published other bytes under the same key. */
  sameBytes: boolean;
}

/** A stored object does not hold what its manifest says. */
export class DigestMismatch extends Error {
  override readonly name = 'DigestMismatch';
  readonly expected: ManifestFile;
  readonly actual: { sha256: string; bytes: number };

  constructor(expected: ManifestFile, actual: { sha256: string; bytes: number }) {
    super(
      `${expected.object}: expected ${expected.bytes} bytes with SHA-256 ${expected.sha256}, ` +
        `got ${actual.bytes} bytes with ${actual.sha256}`,
    );
    this.expected = expected;
    this.actual = actual;
  }
}

/** Object key of an artifact's manifest. */
export function manifestKey(kind: ArtifactKind, key: string): string {
  return `${artifactPrefix(kind, key)}manifest.json`;
}

/** @returns null where the artifact is not finished. */
export async function readManifest(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
): Promise<Manifest | null> {
  const object = manifestKey(kind, key);
  let text: string;
  try {
    text = (await store.get(object)).toString('utf8');
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
  const manifest = JSON.parse(text) as Manifest;
  if (manifest.format !== 1 || manifest.kind !== kind || manifest.key !== key) {
    throw new Error(
      `${object}: expected a manifest of format 1 for ${kind} ${key}, ` +
        `got format ${manifest.format} for ${manifest.kind} ${manifest.key}`,
    );
  }
  return manifest;
}

/**
 * Publishes a finished artifact once: its files under their own digests, then the manifest in one conditional PUT.
 * When somebody was faster, what is published counts, and our other bytes are removed again.
 * @throws TypeError where `key` is not the key of `spec`.
 */
export async function publishArtifact(store: ObjectStore, artifact: FinishedArtifact): Promise<Publication> {
  const { kind, key, spec, loss, seconds, worker, environment, history } = artifact;
  const expectedKey = artifactKey(spec);
  if (key !== expectedKey) {
    throw new TypeError(`${kind}: expected the specification's own key ${expectedKey}, got ${key}`);
  }
  const files: Record<string, ManifestFile> = {};
  for (const [name, path] of Object.entries(artifact.files)) {
    const digest = await fileDigest(path);
    files[name] = { object: artifactPrefix(kind, key) + digest.sha256, ...digest };
  }
  const published = await readManifest(store, kind, key);
  if (published !== null) return lost(published, files);

  for (const [name, path] of Object.entries(artifact.files)) await store.putFile(files[name]!.object, path);
  const manifest: Manifest = {
    format: 1,
    kind,
    key,
    spec,
    files,
    loss,
    seconds,
    worker,
    finishedAt: (artifact.finishedAt ?? new Date()).toISOString(),
    environment,
    ...(history === undefined ? {} : { history }),
  };
  if (await store.putIfAbsent(manifestKey(kind, key), JSON.stringify(manifest, null, 2))) {
    return { manifest, won: true, sameBytes: true };
  }
  const faster = await readManifest(store, kind, key);
  if (faster === null) throw new ObjectNotFound(manifestKey(kind, key));
  // Manifests never change, so an object that the published one does not name can never be named again.
  const kept = new Set(Object.values(faster.files).map((file) => file.object));
  const ours = Object.values(files).map((file) => file.object);
  await store.remove(ours.filter((object) => !kept.has(object)));
  return lost(faster, files);
}

function lost(manifest: Manifest, ours: Record<string, ManifestFile>): Publication {
  const names = new Set([...Object.keys(manifest.files), ...Object.keys(ours)]);
  const sameBytes = [...names].every((name) => manifest.files[name]?.sha256 === ours[name]?.sha256);
  return { manifest, won: false, sameBytes };
}

/**
 * Copies a published file to `destination`, which appears only once its content is verified.
 * @param name as in `manifest.files`
 * @throws DigestMismatch where the object holds other bytes; ObjectNotFound where it is gone.
 */
export async function fetchFile(
  store: ObjectStore,
  manifest: Manifest,
  name: string,
  destination: string,
): Promise<void> {
  const file = manifest.files[name];
  if (file === undefined) {
    const known = Object.keys(manifest.files).join(', ');
    throw new RangeError(`${manifest.kind} ${manifest.key}: expected a file of ${known}, got ${name}`);
  }
  const part = `${destination}.${randomUUID()}.unverified`;
  try {
    await store.getToFile(file.object, part);
    const actual = await fileDigest(part);
    if (actual.sha256 !== file.sha256 || actual.bytes !== file.bytes) throw new DigestMismatch(file, actual);
    await rename(part, destination);
  } finally {
    await rm(part, { force: true });
  }
}
