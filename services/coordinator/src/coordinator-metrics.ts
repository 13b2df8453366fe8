import type { Pool, WorkerState } from '@ddad/contract';
import { Counter, Gauge, type Registry } from '@ddad/platform';
import type { Dispatcher } from './dispatcher.ts';
import { type SeenWorkers, workerStates } from './worker-states.ts';

export interface CoordinatorMetrics {
  memberFinished(): void;
  workerSetAside(pool: Pool): void;
}

type Seen = Pick<Dispatcher<unknown>, 'counts'> & SeenWorkers;

/** Metrics of who waits for whom; they are read off the dispatchers when somebody asks. */
export function coordinatorMetrics(
  registry: Registry,
  { trainers, scorers }: { trainers: Seen; scorers: Seen },
): CoordinatorMetrics {
  const registers = [registry];
  const jobsOf = (name: string, help: string, dispatcher: Seen) =>
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, count] of Object.entries(dispatcher.counts)) this.set({ state }, count);
      },
    });
  jobsOf('ddad_members', 'Members that wait for a trainer, and that are trained', trainers);
  jobsOf('ddad_scorings', 'Maps and refiners that wait for a scorer, and that are made', scorers);
  new Gauge({
    name: 'ddad_members_unfinished',
    help: 'Members that wait or are trained: as many trainers have work',
    registers,
    collect() {
      const { waiting, running } = trainers.counts;
      this.set(waiting + running);
    },
  });
  const workersOf = (name: string, help: string, dispatcher: Seen) =>
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers,
      collect() {
        const count: Record<WorkerState['state'], number> = {
          idle: 0,
          busy: 0,
          leaving: 0,
          unfit: 0,
          'set aside': 0,
        };
        for (const { state } of workerStates(dispatcher)) count[state] += 1;
        for (const [state, number] of Object.entries(count)) this.set({ state }, number);
      },
    });
  const states =
    'idle, busy, about to leave, unfit by their own checks, or set aside as they fail what others make';
  workersOf('ddad_trainers', `Trainers that are there: ${states}`, trainers);
  workersOf('ddad_scorers', `Scorers that are there: ${states}`, scorers);
  const finished = new Counter({
    name: 'ddad_members_finished_total',
    help: 'Members that trainers have finished for this coordinator',
    registers,
  });
  const setAside = new Counter({
    name: 'ddad_workers_set_aside_total',
    help: 'How often trainers (pool train) and scorers (pool score) were set aside as they failed what others make',
    labelNames: ['pool'],
    registers,
  });
  return {
    memberFinished: () => finished.inc(),
    workerSetAside: (pool) => setAside.inc({ pool }),
  };
}
