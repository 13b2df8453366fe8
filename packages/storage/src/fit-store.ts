import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { clockRefused, ObjectNotFound, type ObjectStore, StoreError } from './object-store.ts';
import { createS3Store, type S3Config } from './s3-store.ts';
import { type PromiseProof, provePromises } from './store-promises.ts';
import { MalformedObject, parseStored } from './stored-json.ts';

/** Where services keep that a store was tried, and what they try it with. */
export const probesPrefix = 'probes/';

/** To be raised with what `provePromises` tries: what earlier versions found counts no more then. */
const trialVersion = 1;

/** An object that says that a store kept its promises at this endpoint. */
const fitnessSchema = z.object({
  version: z.literal(trialVersion),
  endpoint: z.string(),
  bucket: z.string(),
  /** Rounds of racing writers that it went through. */
  rounds: z.int().min(1),
  /** How long they took. */
  seconds: z.number(),
  /** ISO 8601, by the clock of whoever tried it. */
  provenAt: z.iso.datetime(),
});
export type Fitness = z.infer<typeof fitnessSchema>;

export interface FitStoreOptions {
  /** For how long the store may be away, or refuse us as long as our user is not made, in milliseconds. Default 30 s. */
  patienceMs?: number;
  /** Time of a trial, in milliseconds. Default 5 s. */
  limitMs?: number;
  /** Hears once why the store cannot be used yet. */
  onWaiting?: (reason: StoreError) => void;
}

/** A store that keeps its promises. */
export interface FitStore {
  store: ObjectStore;
  fitness: Fitness;
  /** Whether it was tried by this call: false where it had been before. */
  tried: boolean;
}

/**
 * Opens the store of a service that writes. The first service at an endpoint and bucket tries what `provePromises` does and leaves
 * an object that says so; of several that start at once one tries, and the others wait for it.
 * @throws UnfitStore with the reason, as soon as it is seen; StoreError where the store is away for longer than `patienceMs`
 */
export async function openFitStore(config: S3Config, options: FitStoreOptions = {}): Promise<FitStore> {
  const { limitMs = 5000 } = options;
  // A trial has less time than other work.
  const trial = createS3Store({ ...config, deadlineMs: limitMs });
  return { store: createS3Store(config), ...(await ensureFitness(trial, config, options)) };
}

/** The same for a service, which logs what comes of it. */
export async function openServiceStore(
  config: S3Config,
  logger: { info(details: object, message: string): void; warn(details: object, message: string): void },
): Promise<ObjectStore> {
  const { store, fitness, tried } = await openFitStore(config, {
    onWaiting: (err) => logger.warn({ err }, 'the object store is not ready yet'),
  });
  logger.info({ ...fitness, tried }, 'the object store keeps its promises');
  return store;
}

/** The same with a client that there is. */
export async function ensureFitness(
  store: ObjectStore,
  place: Pick<S3Config, 'endpoint' | 'bucket'>,
  { patienceMs = 30_000, limitMs = 5000, onWaiting = () => {} }: FitStoreOptions = {},
): Promise<Omit<FitStore, 'store'>> {
  const pauseMs = 500;
  const giveUpAt = performance.now() + patienceMs;
  for (let waited = false; ; waited = true) {
    try {
      return await knownOrTried(store, place, limitMs);
    } catch (error) {
      if (!(error instanceof StoreError) || performance.now() + pauseMs > giveUpAt) throw error;
      // No store can change that: whoever waits says whose clock it is.
      if (error.code === clockRefused) throw error;
      if (!waited) onWaiting(error);
    }
    await delay(pauseMs);
  }
}

async function knownOrTried(
  store: ObjectStore,
  { endpoint, bucket }: Pick<S3Config, 'endpoint' | 'bucket'>,
  limitMs: number,
): Promise<Omit<FitStore, 'store'>> {
  const { proof, turn } = placesOf({ endpoint, bucket });
  const known = async () => {
    const fitness = await readFitness(store, proof);
    return fitness === null ? null : { fitness, tried: false };
  };

  // Whose turn it is, the store decides, though it is not known to be fit: else several try it, for nothing worse than time.
  const waitUntil = performance.now() + limitMs;
  for (;;) {
    const found = await known();
    if (found !== null) return found;
    if (await store.putIfAbsent(turn, '')) break;
    // Whoever had it has ended meanwhile.
    if (performance.now() > waitUntil) break;
    await delay(100 + Math.random() * 200);
  }
  try {
    const found = await known();
    if (found !== null) return found;
    const tried = await provePromises(store, { prefix: probesPrefix, limitMs });
    return { fitness: await recordFitness(store, { endpoint, bucket }, tried), tried: true };
  } finally {
    // A store that hangs must not keep the reason back; whoever finds the object left waits once for nothing.
    await Promise.race([store.remove([turn]).catch(() => {}), delay(500)]);
  }
}

/** Leaves the object that says that a store was tried, for all that come after. */
export async function recordFitness(
  store: ObjectStore,
  { endpoint, bucket }: Pick<S3Config, 'endpoint' | 'bucket'>,
  { rounds, seconds }: PromiseProof,
): Promise<Fitness> {
  const { origin } = new URL(endpoint);
  const provenAt = new Date().toISOString();
  const fitness: Fitness = { version: trialVersion, endpoint: origin, bucket, rounds, seconds, provenAt };
  await store.put(placesOf({ endpoint, bucket }).proof, JSON.stringify(fitness, null, 2));
  return fitness;
}

/** Keys of the object that says so, and of the one whose maker tries it. */
function placesOf({ endpoint, bucket }: Pick<S3Config, 'endpoint' | 'bucket'>) {
  const { origin } = new URL(endpoint);
  const digest = createHash('sha256').update(`${origin}|${bucket}`).digest('hex').slice(0, 16);
  return {
    proof: `${probesPrefix}proven-${trialVersion}-${digest}.json`,
    turn: `${probesPrefix}trial-${trialVersion}-${digest}`,
  };
}

/** @returns null where there is none, or nothing that can be read */
async function readFitness(store: ObjectStore, object: string): Promise<Fitness | null> {
  try {
    return parseStored(fitnessSchema, object, await store.get(object));
  } catch (error) {
    if (error instanceof ObjectNotFound || error instanceof MalformedObject) return null;
    throw error;
  }
}
