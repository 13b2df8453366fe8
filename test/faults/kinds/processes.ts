import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { trainers } from '../fault-cluster.ts';
import type { FaultKind } from './fault-kind.ts';
import { jobProcesses, signalJob } from './job-processes.ts';

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
    // Found hung, it may have been killed meanwhile.
    signalJob(child.pid, 'SIGCONT');
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

const lostScratch: FaultKind = {
  name: 'files of the jobs of a trainer removed',
  phase: 'training',
  mostMs: 1000,
  async inflict({ cluster, random }) {
    // The one without a disk of its own, which is not seen from here.
    const name = trainers[1];
    const scratch = cluster.scratchOf(name);
    const found = readdirSync(scratch);
    const chosen = random.pick(found);
    if (chosen === undefined) return null;
    rmSync(join(scratch, chosen), { recursive: true, force: true });
    return `${name}, ${chosen}`;
  },
};

export const processFaults: readonly FaultKind[] = [
  killTrainingProcess,
  stopTrainingProcess,
  killScoringProcess,
  lostScratch,
];
