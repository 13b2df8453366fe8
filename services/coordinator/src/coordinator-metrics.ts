import type { WorkerEntry } from '@ddad/contract';
import { Counter, Gauge, type Registry } from '@ddad/platform';
import type { Dispatcher } from './dispatcher.ts';

export interface CoordinatorMetrics {
  memberFinished(): void;
}

type Seen = Pick<Dispatcher<unknown>, 'counts' | 'busy'> & { readonly workers: readonly WorkerEntry[] };

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
        const count = { idle: 0, busy: 0, leaving: 0 };
        const { busy, workers } = dispatcher;
        for (const { id, leaving } of workers)
          count[leaving ? 'leaving' : busy.has(id) ? 'busy' : 'idle'] += 1;
        for (const [state, number] of Object.entries(count)) this.set({ state }, number);
      },
    });
  workersOf('ddad_trainers', 'Trainers that are there: idle, busy, or about to leave', trainers);
  workersOf('ddad_scorers', 'Scorers that are there: idle, busy, or about to leave', scorers);
  const finished = new Counter({
    name: 'ddad_members_finished_total',
    help: 'Members that trainers have finished for this coordinator',
    registers,
  });
  return { memberFinished: () => finished.inc() };
}
