import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { type ArtifactKind, artifactKey, artifactKindSchema, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { artifactPrefix } from './artifact-objects.ts';
import { fileDigest } from './file-digest.ts';
import { ObjectNotFound, type ObjectReader, type ObjectStore } from './object-store.ts';
import { MalformedObject, parseStored } from './stored-json.ts';

/** One file of an artifact: where it lies and what it must hold. */
const manifestFileSchema = z.object({
  /** Object key, below the artifact's own prefix. */
  object: z.string(),
  /** Of the content, hexadecimal. */
  sha256: sha256Schema,
  bytes: z.int().min(0),
});
export type ManifestFile = z.infer<typeof manifestFileSchema>;

/**
 * Says that an artifact is finished, which objects hold it, and where it was made. Never changed once published. One of a
 * later version may have further fields.
 */
export const manifestSchema = z
  .object({
    format: z.literal(1),
    kind: artifactKindSchema,
    /** `artifactKey(spec)` */
    key: sha256Schema,
    /** Everything that decides the artifact. */
    spec: z.custom<object>(isPlainObject, 'expected an object'),
    /** By name, e.g. `weights`. */
    files: z.record(z.string(), manifestFileSchema),
    /** Mean loss of the last epoch; null for work without one. */
    loss: z.number().nullable(),
    /** Wall time of the work. */
    seconds: z.number().min(0),
    worker: z.string(),
    /** ISO 8601. */
    finishedAt: z.iso.datetime(),
    /** Models of CPU and GPU, driver, threads, versions, of the last attempt: equal bytes are promised for equal environments only. */
    environment: z.record(z.string(), z.union([z.string(), z.number()])),
    /** Loss per epoch. */
    history: z.array(z.number()).optional(),
  })
  .superRefine(({ kind, key, spec, files }, context) => {
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const digest = digestOf(spec);
    if (digest !== key && sha256Schema.safeParse(key).success) {
      fault(['key'], `expected the specification's own key ${digest}, got ${key}`);
    }
    // Not by artifactPrefix: a kind of another form is a fault among the others here.
    const prefix = `${kind}/${key}/`;
    for (const [name, { object }] of Object.entries(files)) {
      if (object.startsWith(prefix) && objectName.test(object.slice(prefix.length))) continue;
      fault(['files', name, 'object'], `expected an object below ${prefix}, got another`);
    }
  });
export type Manifest = z.infer<typeof manifestSchema>;

/** Of a file's object below its artifact's prefix: no further folders. */
const objectName = /^[A-Za-z0-9._-]{1,100}$/;

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns a text that is no key where the specification cannot have one */
function digestOf(spec: object): string {
  try {
    return artifactKey(spec);
  } catch (error) {
    // JSON's 1e999 is an infinity, which no specification holds.
    if (error instanceof TypeError) return '(none)';
    throw error;
  }
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

/**
 * @returns null where the artifact is not finished.
 * @throws MalformedObject where something else than this artifact's manifest lies there; `readIntactManifest` sets that aside.
 */
export async function readManifest(
  store: Pick<ObjectReader, 'get'>,
  kind: ArtifactKind,
  key: string,
): Promise<Manifest | null> {
  try {
    return parseManifest(kind, key, await store.get(manifestKey(kind, key)));
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

/**
 * What a manifest's object holds.
 * @throws MalformedObject where that is no manifest, or another artifact's
 */
export function parseManifest(kind: ArtifactKind, key: string, text: Buffer): Manifest {
  const object = manifestKey(kind, key);
  const manifest = parseStored(manifestSchema, object, text);
  if (manifest.kind !== kind || manifest.key !== key) {
    const got = `${manifest.kind} ${manifest.key}`;
    throw new MalformedObject(object, [`expected a manifest for ${kind} ${key}, got one for ${got}`]);
  }
  return manifest;
}

/**
 * Publishes a finished artifact once: its files under their own digests, then the manifest in one conditional PUT.
 * When somebody was faster, what is published counts, and our other bytes are removed again.
 * @throws TypeError where `key` is not the key of `spec`; MalformedObject where the manifest would hold what JSON cannot, such as
 * a loss that is no number: nothing is published then.
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
  const text = JSON.stringify(manifest, null, 2);
  parseManifest(kind, key, Buffer.from(text));
  for (const [name, path] of Object.entries(artifact.files)) await store.putFile(files[name]!.object, path);
  if (await store.putIfAbsent(manifestKey(kind, key), text)) return { manifest, won: true, sameBytes: true };
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
  store: Pick<ObjectReader, 'getToFile'>,
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
