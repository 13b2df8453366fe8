import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RandomValues } from '../random-values.ts';
import { type FaultCluster, scratchDiskOf, trainers } from './fault-cluster.ts';

/** What a fault is done to, and with. */
export interface Victim {
  cluster: FaultCluster;
  random: RandomValues;
  /** How long it lasts, in ms. */
  lastsMs: number;
  /** Artifacts that the fault damages, which then have to be made again. */
  damaged: Set<string>;
}

/** A way to fail. */
export interface FaultKind {
  name: string;
  /** In which part of a run it can be done; null for both. */
  phase: 'training' | 'scoring' | null;
  /** It lasts up to so long. */
  mostMs: number;
  /** Does it, waits, and undoes what does not end by itself. @returns what was done; null where nothing was there */
  inflict(victim: Victim): Promise<string | null>;
}

const killTrainingProcess: FaultKind = {
  name: 'SIGKILL of a training process',
  phase: 'training',
  mostMs: 1000,
  async inflict({ cluster, random }) {
    const child = random.pick(jobProcesses(cluster, trainers));
    if (child === undefined) return null;
    process.kill(child.pid, 'SIGKILL');
    return `${child.owner}, pid ${child.pid}`;
  },
};

const stopTrainingProcess: FaultKind = {
  name: 'SIGSTOP of a training process',
  phase: 'training',
  // Beyond the limit at which it counts as hung.
  mostMs: 15_000,
  async inflict({ cluster, random, lastsMs }) {
    const child = random.pick(jobProcesses(cluster, trainers));
    if (child === undefined) return null;
    process.kill(child.pid, 'SIGSTOP');
    await delay(lastsMs);
    goOn(child.pid);
    return `${child.owner}, pid ${child.pid}, for ${lastsMs} ms`;
  },
};

const killScoringProcess: FaultKind = {
  name: 'SIGKILL of a scoring process',
  phase: 'scoring',
  mostMs: 1000,
  async inflict({ cluster, random }) {
    const child = random.pick(jobProcesses(cluster, ['scorer']));
    if (child === undefined) return null;
    process.kill(child.pid, 'SIGKILL');
    return `pid ${child.pid}`;
  },
};

/** Programs by what the faults call them, and the phase in which each matters most. */
const programs: Record<string, { names: readonly string[]; phase: FaultKind['phase'] }> = {
  'a trainer': { names: trainers, phase: 'training' },
  'the scorer': { names: ['scorer'], phase: 'scoring' },
  'the coordinator': { names: ['coordinator'], phase: null },
  NATS: { names: ['nats'], phase: null },
  MinIO: { names: ['minio'], phase: null },
  Temporal: { names: ['temporal'], phase: null },
};

const programFaults = Object.entries(programs).flatMap(([what, { names, phase }]): FaultKind[] => [
  {
    name: `SIGKILL of ${what}`,
    phase,
    mostMs: 4000,
    async inflict({ cluster: { supervisor }, random, lastsMs }) {
      const name = random.pick(names);
      supervisor.kill(name, lastsMs);
      await delay(lastsMs);
      return `${name}, away for ${lastsMs} ms`;
    },
  },
  {
    name: `SIGSTOP of ${what}`,
    phase,
    mostMs: 10_000,
    async inflict({ cluster: { supervisor }, random, lastsMs }) {
      const name = random.pick(names);
      const killed = random.below(3) === 0;
      supervisor.signal(name, 'SIGSTOP');
      await delay(lastsMs);
      supervisor.signal(name, killed ? 'SIGKILL' : 'SIGCONT');
      return `${name}, for ${lastsMs} ms, then ${killed ? 'killed' : 'continued'}`;
    },
  },
]);

const fullDisk: FaultKind = {
  name: "full disk of MinIO's",
  phase: null,
  mostMs: 8000,
  async inflict({ cluster: { disk }, lastsMs }) {
    if (disk === null) return null;
    const free = disk.fill();
    await delay(lastsMs);
    free();
    return `for ${lastsMs} ms`;
  },
};

/** Of one trainer, whose jobs then fail at once; the other one has to make them. */
const sickDisk: FaultKind = {
  name: "full disk of a trainer's",
  phase: 'training',
  mostMs: 12_000,
  async inflict({ cluster: { scratchDisk }, lastsMs }) {
    if (scratchDisk === null) return null;
    const free = scratchDisk.fill();
    await delay(lastsMs);
    free();
    return `${scratchDiskOf}, for ${lastsMs} ms`;
  },
};

/** Fewer file descriptors than a trainer has open: no job's process can be started. */
const fewDescriptors = 20;

const descriptors: FaultKind = {
  name: 'no file descriptors left to a trainer',
  phase: 'training',
  mostMs: 12_000,
  async inflict({ cluster: { supervisor }, random, lastsMs }) {
    const name = random.pick(trainers);
    const { pid } = supervisor.identity(name);
    const allow = (soft: string) =>
      spawnSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`], { encoding: 'utf8' });
    const before = softLimit(pid);
    // Killed by another fault meanwhile.
    if (before === null || allow(String(fewDescriptors)).status !== 0) return null;
    await delay(lastsMs);
    allow(before);
    return `${name}, pid ${pid}, ${fewDescriptors} for ${lastsMs} ms`;
  },
};

const wrongClock: FaultKind = {
  name: 'clock of a trainer 20 min behind',
  phase: 'training',
  mostMs: 12_000,
  async inflict({ cluster, random, lastsMs }) {
    const name = random.pick(trainers);
    cluster.setClockBack(name, 20 * 60_000);
    await delay(lastsMs);
    cluster.setClockBack(name, 0);
    return `${name}, for ${lastsMs} ms`;
  },
};

/** What makes one worker fail whatever it is given. */
export const sickWorkerKinds: readonly FaultKind[] = [sickDisk, descriptors, wrongClock];

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
  async inflict({ cluster: { store, memberKind }, random, damaged }) {
    const finished = (await store.list(`${memberKind}/`).catch(() => [])).map(({ key }) => key);
    const chosen = random.pick(finished.filter((key) => !key.includes('set-aside')));
    if (chosen === undefined) return null;
    damaged.add(chosen.split('/')[1]!);
    return truncate(store, chosen, random);
  },
};

const networkFaults = (['drops', 'hangs', 'is slow'] as const).map(
  (how): FaultKind => ({
    name: `network that ${how}`,
    phase: null,
    mostMs: how === 'hangs' ? 10_000 : 6000,
    async inflict({ cluster, random, lastsMs }) {
      const [name, way] = random.pick([...cluster.ways]);
      const ms = 50 + random.below(500);
      if (how === 'drops') way.drop();
      else if (how === 'hangs') way.hang();
      else way.delay(ms);
      await delay(lastsMs);
      way.mend();
      return `${name} for ${lastsMs} ms${how === 'is slow' ? `, by ${ms} ms` : ''}`;
    },
  }),
);

export const faultKinds: readonly FaultKind[] = [
  killTrainingProcess,
  stopTrainingProcess,
  killScoringProcess,
  ...programFaults,
  fullDisk,
  ...sickWorkerKinds,
  truncatedCheckpoint,
  truncatedMember,
  ...networkFaults,
];

/** Processes that work on a job now, and whose they are. */
function jobProcesses({ supervisor }: FaultCluster, owners: readonly string[]) {
  return owners.flatMap((owner) => supervisor.children(owner).map((child) => ({ ...child, owner })));
}

/** How many file descriptors a process may open; null where it has ended. */
function softLimit(pid: number): string | null {
  try {
    return /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // Found hung, and killed.
  }
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
