import type { ExperimentProgress, ExperimentRun, ExperimentRunEnd } from '@ddad/contract';
import { setCurrentDetails } from '@temporalio/workflow';
import { experimentTable } from './experiment-table.ts';

/** What the workflow knows of an experiment while it goes on; keeps the UI's details up to date. */
export class ExperimentState {
  #stage: ExperimentProgress['stage'] = 'planning';
  #runs: ExperimentProgress['runs'] = [];

  planned(runs: readonly Omit<ExperimentRun, 'runId'>[]): void {
    this.#stage = 'running';
    this.#runs = runs.map((run) => ({ ...run, runId: null, state: 'waiting' }));
    this.#show();
  }

  started(place: number, runId: string): void {
    this.#set(place, { runId, state: 'running' });
  }

  ended(place: number, state: ExperimentRunEnd): void {
    this.#set(place, { state });
  }

  finished(): void {
    this.#stage = 'finished';
    this.#show();
  }

  progress(): ExperimentProgress {
    return { stage: this.#stage, runs: this.#runs };
  }

  #set(place: number, change: Partial<ExperimentProgress['runs'][number]>): void {
    this.#runs = this.#runs.map((run, at) => (at === place ? { ...run, ...change } : run));
    this.#show();
  }

  #show(): void {
    setCurrentDetails(experimentTable(this.progress()));
  }
}
