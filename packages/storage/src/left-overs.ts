import { type ArtifactKind, artifactKindSchema, datasetKeys } from '@ddad/contract';
import { artifactPrefix, checkpointPrefix } from './artifact-objects.ts';
import { isCheckpointSetAside } from './checkpoints.ts';
import { type PackingObjects, packingsAmong } from './datasets.ts';
import { probesPrefix } from './fit-store.ts';
import { isManifestSetAside } from './intact-manifests.ts';
import { type Manifest, manifestKey, readManifest } from './manifests.ts';
import type { ObjectEntry, ObjectStore } from './object-store.ts';
import { MalformedObject } from './stored-json.ts';

/** Why an object is left over. */
export const leftOverReasons = [
  /** A file of an artifact that its manifest does not name, or that has none. */
  'unnamed',
  /** A checkpoint of an artifact that is published. */
  'finished',
  /** A checkpoint of work that nobody has gone on with. */
  'ended',
  /** A damaged manifest or checkpoint that was kept for people to look at. */
  'set-aside',
  /** Of an artifact that no run names any more. */
  'unwanted',
  /** Packed images that no dataset's name stands for any more: another packing took its place, or adding them broke off. */
  'nameless',
  /** Of a trial of the store whose service was killed. */
  'trial',
] as const;
export type LeftOverReason = (typeof leftOverReasons)[number];

/** An object that nobody needs. */
export interface LeftOver {
  /** Object key. */
  key: string;
  bytes: number;
  reason: LeftOverReason;
}

/** What may not be touched, whatever its age. */
export interface Claims {
  /** Keys of artifacts that runs under way want: all that is theirs is left alone. */
  underWay: ReadonlySet<string>;
  /**
   * Runs and experiments under way whose artifacts are not all known. While there are such, no artifact is unwanted, no packed images
   * are nameless, and no attempt counts as ended.
   */
  unknown: readonly string[];
  /** Keys of artifacts that finished runs name; null where unwanted artifacts are not looked for. */
  named: ReadonlySet<string> | null;
  /** Digests of packed images that names stand for, or runs under way read; null where nameless ones are not looked for. */
  packings: ReadonlySet<string> | null;
}

export interface LeftOverOptions {
  /** Asked before anything is judged; of what is removed, again. */
  claims: () => Promise<Claims>;
  /** Age of ended attempts, and of what was set aside, in milliseconds. Default 7 days. */
  olderThanMs?: number;
  /**
   * Age below which no file of an artifact, no artifact and no packed images are left over, in milliseconds: files are put first, and
   * their manifest, or their dataset's name, last. Default a day.
   */
  graceMs?: number;
  /** Ends the work between two artifacts or packings; what was found or removed until then is returned. */
  signal?: AbortSignal;
}

const dayMs = 24 * 3600 * 1000;
const defaultOlderThanMs = 7 * dayMs;

/** Manifests to read at a time. */
const readAtOnce = 16;
/** For how long an answer of `claims` counts while objects are removed, in milliseconds. */
const claimsMs = 10_000;

/** All objects of one artifact. */
export interface ArtifactObjects {
  kind: ArtifactKind;
  key: string;
  /** Below its own prefix: manifest, files, manifests that were set aside. */
  files: ObjectEntry[];
  checkpoints: ObjectEntry[];
}

/** With what an artifact is judged. */
interface Standard extends Claims {
  /** Time by the store's clock. */
  now: number;
  olderThanMs: number;
  graceMs: number;
}

/**
 * Finds what nobody needs, among objects that are named as artifacts, checkpoints, packed images and trials are; others are never
 * looked at.
 * Ages are differences of the store's own times.
 */
export async function findLeftOvers(store: ObjectStore, options: LeftOverOptions): Promise<LeftOver[]> {
  // Before the listing: what is put meanwhile is younger than that.
  const standard = await readStandard(store, options);
  const entries = await store.list('');
  const artifacts = artifactsAmong(entries);
  const found: LeftOver[] = [];
  for (let at = 0; at < artifacts.length && !options.signal?.aborted; at += readAtOnce) {
    const some = artifacts.slice(at, at + readAtOnce);
    found.push(...(await Promise.all(some.map((one) => judge(store, one, standard)))).flat());
  }
  found.push(...packingsAmong(entries).flatMap((one) => judgePacking(one, standard)));
  found.push(...oldTrials(entries, standard));
  return found;
}

/**
 * Removes what was found and is left over still: every artifact is listed and judged anew just before. One whose very bytes are put
 * again between that and the removal is found damaged by whoever needs it, and made again; keys under way are left alone for that.
 * @returns what was removed
 */
export async function removeLeftOvers(
  store: ObjectStore,
  found: readonly LeftOver[],
  options: LeftOverOptions,
): Promise<LeftOver[]> {
  const reasons = new Map(found.map(({ key, reason }) => [key, reason]));
  const entries = found.map(({ key, bytes }) => ({ key, size: bytes, modified: new Date(0) }));
  const removed: LeftOver[] = [];
  const remove = async (some: readonly LeftOver[]) => {
    await store.remove(some.map(({ key }) => key));
    removed.push(...some);
  };
  let standard = await readStandard(store, options);
  let readAt = performance.now();
  const renew = async () => {
    if (performance.now() - readAt <= claimsMs) return;
    standard = await readStandard(store, options);
    readAt = performance.now();
  };
  for (const { kind, key } of artifactsAmong(entries)) {
    if (options.signal?.aborted) return removed;
    await renew();
    // Checkpoints first: one that is there now, of an artifact that is published afterwards, is not needed.
    const checkpoints = await store.list(checkpointPrefix(kind, key));
    const files = await store.list(artifactPrefix(kind, key));
    const still = (await judge(store, { kind, key, files, checkpoints }, standard)).filter(
      // For another reason it is another's: a file that nothing named, of an artifact that is published now.
      (one) => reasons.get(one.key) === one.reason,
    );
    // An artifact without a manifest is one that is not made; one without a file is damaged.
    const manifest = still.filter((one) => one.key === manifestKey(kind, key));
    await remove(manifest);
    await remove(still.filter((one) => !manifest.includes(one)));
  }
  for (const { digest } of packingsAmong(entries)) {
    if (options.signal?.aborted) return removed;
    await renew();
    const files = await store.list(datasetKeys.packing(digest));
    await remove(packingsAmong(files).flatMap((one) => judgePacking(one, standard)));
  }
  if (!options.signal?.aborted) {
    await remove(found.filter(({ reason }) => reason === 'trial'));
  }
  return removed;
}

async function readStandard(store: ObjectStore, options: LeftOverOptions): Promise<Standard> {
  const { olderThanMs = defaultOlderThanMs, graceMs = dayMs } = options;
  const now = (await store.now()).getTime();
  return { ...(await options.claims()), now, olderThanMs, graceMs };
}

const keyForm = /^[0-9a-f]{64}$/;

/** Artifacts among objects, by their keys; objects that are named otherwise are left out. */
export function artifactsAmong(entries: readonly ObjectEntry[]): ArtifactObjects[] {
  const artifacts = new Map<string, ArtifactObjects>();
  for (const entry of entries) {
    const parts = entry.key.split('/');
    const ofCheckpoint = parts[0] === 'checkpoints';
    const [kind, key, name, ...more] = ofCheckpoint ? parts.slice(1) : parts;
    if (kind === undefined || key === undefined || !name || more.length > 0) continue;
    if (!keyForm.test(key) || !artifactKindSchema.safeParse(kind).success) continue;
    const place = artifactPrefix(kind, key);
    let artifact = artifacts.get(place);
    if (artifact === undefined) {
      artifact = { kind, key, files: [], checkpoints: [] };
      artifacts.set(place, artifact);
    }
    (ofCheckpoint ? artifact.checkpoints : artifact.files).push(entry);
  }
  return [...artifacts.values()];
}

/** What of an artifact is left over. Its manifest is read after its objects were listed, and so names every file that counts. */
async function judge(
  store: ObjectStore,
  { kind, key, files, checkpoints }: ArtifactObjects,
  standard: Standard,
): Promise<LeftOver[]> {
  const { now, olderThanMs, graceMs, underWay, unknown, named } = standard;
  if (underWay.has(key)) return [];
  let manifest: Manifest | null;
  try {
    manifest = await readManifest(store, kind, key);
  } catch (error) {
    // Whoever needs the artifact sets that aside.
    if (error instanceof MalformedObject) return [];
    throw error;
  }
  const older = (ms: number) => (entry: ObjectEntry) => now - entry.modified.getTime() > ms;

  const prefix = artifactPrefix(kind, key);
  const nameOf = (entry: ObjectEntry) => entry.key.slice(prefix.length);
  const asideManifests = files.filter((entry) => isManifestSetAside(entry.key) && older(olderThanMs)(entry));

  if (manifest !== null) {
    const unwanted =
      named !== null &&
      !named.has(key) &&
      unknown.length === 0 &&
      files.some((entry) => nameOf(entry) === 'manifest.json') &&
      files.every(older(graceMs));
    if (unwanted) return [...all('unwanted', files), ...all('finished', checkpoints)];
  }
  const namedFiles = new Set(Object.values(manifest?.files ?? {}).map(({ object }) => object));
  const unnamed = files.filter(
    (entry) => keyForm.test(nameOf(entry)) && !namedFiles.has(entry.key) && older(graceMs)(entry),
  );
  const left = [...all('unnamed', unnamed), ...all('set-aside', asideManifests)];
  if (manifest !== null) return [...left, ...all('finished', checkpoints)];

  const sound = checkpoints.filter((entry) => !isCheckpointSetAside(entry.key));
  // The last but one is kept for the case that the last is damaged: all of them go, or none.
  const ended = unknown.length === 0 && sound.every(older(olderThanMs));
  return [
    ...left,
    ...(ended ? all('ended', sound) : []),
    ...all(
      'set-aside',
      checkpoints.filter((entry) => isCheckpointSetAside(entry.key) && older(olderThanMs)(entry)),
    ),
  ];
}

/** What of packed images is left over: all of it, or nothing. */
function judgePacking({ digest, files }: PackingObjects, standard: Standard): LeftOver[] {
  const { now, graceMs, unknown, packings } = standard;
  if (packings === null || packings.has(digest) || unknown.length > 0) return [];
  const old = files.every(({ modified }) => now - modified.getTime() > graceMs);
  return old ? all('nameless', files) : [];
}

function all(reason: LeftOverReason, entries: readonly ObjectEntry[]): LeftOver[] {
  return entries.map(({ key, size }) => ({ key, bytes: size, reason }));
}

function oldTrials(entries: readonly ObjectEntry[], { now, graceMs }: Standard): LeftOver[] {
  const old = entries.filter(({ key, modified }) => {
    const trial = key.startsWith(probesPrefix) && !key.startsWith(`${probesPrefix}proven-`);
    return trial && now - modified.getTime() > graceMs;
  });
  return all('trial', old);
}

/** Objects and bytes by reason, in the order of `leftOverReasons`; reasons without any are left out. */
export function countLeftOvers(
  leftOvers: readonly LeftOver[],
): { reason: LeftOverReason; objects: number; bytes: number }[] {
  return leftOverReasons.flatMap((reason) => {
    const some = leftOvers.filter((one) => one.reason === reason);
    const bytes = some.reduce((sum, one) => sum + one.bytes, 0);
    return some.length === 0 ? [] : [{ reason, objects: some.length, bytes }];
  });
}
