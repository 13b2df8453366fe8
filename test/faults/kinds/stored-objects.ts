import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { manifestKey } from '@ddad/storage';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import type { RandomValues } from '../../random-values.ts';
import { type FaultCluster, trainers } from '../fault-cluster.ts';
import type { FaultKind, RunUnderFault, Victim } from './fault-kind.ts';
import { jobProcesses, signalJob } from './job-processes.ts';

const truncatedCheckpoint: FaultKind = {
  name: 'truncated checkpoint',
  phase: 'training',
  mostMs: 1000,
  async inflict({ cluster: { store }, random }) {
    const chosen = random.pick((await store.list('checkpoints/').catch(() => [])).map(({ key }) => key));
    return chosen === undefined ? null : truncate(store, chosen, random);
  },
};

const truncatedMember: FaultKind = {
  name: 'truncated weights or manifest of a member',
  phase: 'training',
  mostMs: 1000,
  async inflict({ cluster: { store }, run, random, damaged }) {
    const kind = memberKindOf(run);
    if (kind === null) return null;
    const finished = (await store.list(`${kind}/`).catch(() => [])).map(({ key }) => key);
    const chosen = random.pick(finished.filter((key) => !key.includes('set-aside')));
    if (chosen === undefined) return null;
    damaged.add(chosen.split('/')[1]!);
    return truncate(store, chosen, random);
  },
};

/** Tensors of a checkpoint, of which something is changed. */
type Tensors = Map<string, { shape: number[]; data: Float32Array }>;

/**
 * Puts another checkpoint in the place of a stored one, and kills what trains, so that somebody has to read it.
 * @param change what the other one's bytes are
 * @param renamed whether it lies under the digest that it has: damage by whoever wrote it, not by the store
 */
function damagedCheckpoint(
  name: string,
  change: (whole: Buffer, random: RandomValues) => Buffer,
  renamed: boolean,
): FaultKind {
  return {
    name,
    phase: 'training',
    mostMs: 1000,
    async inflict({ cluster, random }) {
      const { store } = cluster;
      try {
        const object = random.pick((await store.list('checkpoints/')).map(({ key }) => key));
        if (object === undefined || object.includes('set-aside')) return null;
        const changed = change(await store.get(object), random);
        const digest = createHash('sha256').update(changed).digest('hex');
        const place = renamed ? object.replace(/[0-9a-f]{64}(?=\.safetensors$)/, digest) : object;
        await store.put(place, changed);
        if (place !== object) await store.remove([object]);
        for (const { pid } of jobProcesses(cluster, trainers)) signalJob(pid, 'SIGKILL');
        return place;
      } catch {
        // Replaced by a newer one meanwhile, or the store is away by another fault.
        return null;
      }
    },
  };
}

function withTensors(change: (tensors: Tensors) => void): (whole: Buffer) => Buffer {
  return (whole) => {
    const { tensors, metadata } = decodeSafetensors(whole);
    const copies: Tensors = new Map(
      [...tensors].map(([name, { shape, data }]) => [name, { shape: [...shape], data: data.slice() }]),
    );
    change(copies);
    return Buffer.from(encodeSafetensors(copies, metadata));
  };
}

const flippedBits = damagedCheckpoint(
  'checkpoint with two flipped bits',
  (whole, random) => {
    const changed = Buffer.from(whole);
    // The end is data: the header comes first.
    for (let flips = 0; flips < 2; flips += 1) changed[changed.length - 1 - random.below(4)]! ^= 1 << flips;
    return changed;
  },
  false,
);

const notANumber = damagedCheckpoint(
  'checkpoint with a NaN, digest and all',
  withTensors((tensors) => {
    [...tensors.values()][0]!.data[0] = Number.NaN;
  }),
  true,
);

const otherShape = damagedCheckpoint(
  'checkpoint of another shape, digest and all',
  withTensors((tensors) => {
    const [name, { data }] = [...tensors][0]!;
    tensors.set(name, { shape: [data.length + 1], data: Float32Array.of(...data, 0) });
  }),
  true,
);

const wrongManifests = ['null', '[]', '{}', '{"key":"0"}'].map(
  (text): FaultKind => ({
    name: `manifest of a member that is ${text}`,
    phase: 'training',
    mostMs: 1000,
    async inflict({ cluster: { store }, run, random, damaged }) {
      const kind = memberKindOf(run);
      if (kind === null) return null;
      try {
        const finished = (await store.list(`${kind}/`))
          .map(({ key }) => key)
          .filter((key) => key.endsWith('/manifest.json'));
        const chosen = random.pick(finished);
        if (chosen === undefined) return null;
        const key = chosen.split('/')[1]!;
        damaged.add(key);
        await store.put(manifestKey(kind, key), text);
        return key;
      } catch {
        return null;
      }
    },
  }),
);

/** Everything but the datasets, which somebody has to bring back by hand. */
const deletedBucket: FaultKind = {
  name: 'bucket deleted and made again, with its datasets',
  phase: 'training',
  mostMs: 4000,
  async inflict({ cluster, run, lastsMs, damaged }: Victim) {
    const { store, bucket } = cluster;
    const nodes = run.progress()?.nodes;
    if (nodes === undefined) return null;
    for (const { key } of nodes) damaged.add(key);
    const kept = new Map<string, Buffer>();
    for (const { key } of await store.list('datasets/')) kept.set(key, await store.get(key));
    await bucket.remove();
    await delay(lastsMs);
    await bucket.make();
    for (const [key, content] of kept) await store.put(key, content);
    return `for ${lastsMs} ms`;
  },
};

export const storedObjectFaults: readonly FaultKind[] = [
  truncatedCheckpoint,
  truncatedMember,
  flippedBits,
  notANumber,
  otherShape,
  ...wrongManifests,
  deletedBucket,
];

/** Prefix of its members' objects; null while it is not known. */
function memberKindOf(run: RunUnderFault): string | null {
  return run.progress()?.nodes.find(({ member }) => member !== undefined)?.kind ?? null;
}

async function truncate(
  store: FaultCluster['store'],
  object: string,
  random: RandomValues,
): Promise<string | null> {
  try {
    const whole = await store.get(object);
    const left = random.below(whole.length);
    await store.put(object, whole.subarray(0, left));
    return `${object}, ${left} of ${whole.length} bytes left`;
  } catch {
    // Replaced by a newer one meanwhile, or the store is away by another fault.
    return null;
  }
}
