import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { trainers } from '../fault-cluster.ts';
import type { FaultKind } from './fault-kind.ts';
import { fullTrainerDisk } from './full-disks.ts';

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
export const sickWorkerKinds: readonly FaultKind[] = [fullTrainerDisk, descriptors, wrongClock];

/** How many file descriptors a process may open; null where it has ended. */
function softLimit(pid: number): string | null {
  try {
    return /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}
