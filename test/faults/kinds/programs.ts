import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultCluster, trainers } from '../fault-cluster.ts';
import type { FaultKind } from './fault-kind.ts';

/** Programs by what the faults call them, and the phase in which each matters most. */
const programs: Record<
  string,
  { names: (cluster: FaultCluster) => readonly string[]; phase: FaultKind['phase'] }
> = {
  'a trainer': { names: () => trainers, phase: 'training' },
  'the scorer': { names: () => ['scorer'], phase: 'scoring' },
  'the coordinator': { names: () => ['coordinator'], phase: null },
  NATS: { names: () => ['nats'], phase: null },
  'the store': { names: ({ env }) => [env.STORE], phase: null },
  Temporal: { names: () => ['temporal'], phase: null },
};

const programFaults = Object.entries(programs).flatMap(([what, { names, phase }]): FaultKind[] => [
  {
    name: `SIGKILL of ${what}`,
    phase,
    mostMs: 4000,
    async inflict({ cluster, random, lastsMs }) {
      const { supervisor } = cluster;
      const name = random.pick(names(cluster));
      supervisor.kill(name, lastsMs);
      await delay(lastsMs);
      return `${name}, away for ${lastsMs} ms`;
    },
  },
  {
    name: `SIGSTOP of ${what}`,
    phase,
    mostMs: 10_000,
    async inflict({ cluster, random, lastsMs }) {
      const { supervisor } = cluster;
      const name = random.pick(names(cluster));
      const killed = random.below(3) === 0;
      supervisor.signal(name, 'SIGSTOP');
      await delay(lastsMs);
      supervisor.signal(name, killed ? 'SIGKILL' : 'SIGCONT');
      return `${name}, for ${lastsMs} ms, then ${killed ? 'killed' : 'continued'}`;
    },
  },
]);

/** Longer than the workers' entries last, and than the time between two listings of theirs. */
const emptiedMs = 16_000;

const emptiedNats: FaultKind = {
  name: 'NATS away and its store emptied',
  phase: null,
  mostMs: 1000,
  async inflict({ cluster: { supervisor, natsData } }) {
    supervisor.kill('nats', emptiedMs);
    await delay(emptiedMs / 2);
    rmSync(natsData, { recursive: true, force: true });
    await delay(emptiedMs / 2);
    return `for ${emptiedMs} ms`;
  },
};

const twoCoordinators: FaultKind = {
  name: 'two coordinators',
  phase: null,
  mostMs: 12_000,
  async inflict({ cluster, lastsMs }) {
    const dismiss = await cluster.addCoordinator();
    await delay(lastsMs);
    await dismiss();
    return `for ${lastsMs} ms`;
  },
};

/** The stopped one goes on in the end as if nothing had been, and is told by nobody that another one took its work. */
const splitBrain: FaultKind = {
  name: 'a coordinator that stands still while another one takes over',
  phase: null,
  mostMs: 20_000,
  async inflict({ cluster, lastsMs }) {
    const { supervisor } = cluster;
    const dismiss = await cluster.addCoordinator();
    supervisor.signal('coordinator', 'SIGSTOP');
    await delay(Math.max(lastsMs, 10_000));
    supervisor.signal('coordinator', 'SIGCONT');
    await delay(2000);
    await dismiss();
    return `for ${Math.max(lastsMs, 10_000)} ms`;
  },
};

export const everyProgramFault: readonly FaultKind[] = [
  ...programFaults,
  emptiedNats,
  twoCoordinators,
  splitBrain,
];
