import type { JobProgress, MemberResult, RunProgress, Stage } from '@ddad/contract';
import { setCurrentDetails } from '@temporalio/workflow';
import type { RunPlan } from '../activities/plan.ts';
import { fromRows } from '../member-progress.ts';
import { progressTable } from './progress-table.ts';

/** What the workflow knows of a run while it goes on; keeps the UI's details up to date. */
export class RunState {
  #stage: Stage = 'planning';
  #plan: RunPlan | null = null;
  #members: JobProgress[] = [];
  #updatedAt: string | null = null;

  enter(stage: Stage): void {
    this.#stage = stage;
    this.#show();
  }

  planned(plan: RunPlan): void {
    this.#plan = plan;
    const { epochs } = plan.input;
    this.#members = plan.members.map(({ finished }) => ({
      done: finished ? epochs : 0,
      total: epochs,
      loss: null,
      imagesPerSecond: 0,
      worker: null,
      state: finished ? 'finished' : 'waiting',
    }));
  }

  /** Takes a signal's rows. What the workflow knows to be finished stays so: signals may come late. */
  heard(rows: unknown): void {
    for (const { position, progress } of fromRows(rows)) {
      const known = this.#members[position];
      if (known !== undefined && known.state !== 'finished') this.#members[position] = progress;
    }
    this.#updatedAt = new Date().toISOString();
    this.#show();
  }

  trained(position: number, result: MemberResult): void {
    const member = this.#members[position]!;
    this.#members[position] = {
      done: member.total,
      total: member.total,
      loss: result.loss,
      imagesPerSecond: 0,
      worker: result.trainer,
      state: 'finished',
    };
    this.#show();
  }

  failed(position: number): void {
    this.#members[position] = { ...this.#members[position]!, imagesPerSecond: 0, state: 'failed' };
    this.#show();
  }

  progress(): RunProgress {
    const plan = this.#plan;
    return {
      stage: this.#stage,
      input: plan?.input ?? null,
      members: (plan?.members ?? []).map(({ role, index, seed, key }, position) => ({
        role,
        index,
        seed,
        key,
        ...this.#members[position]!,
      })),
      maps: plan?.maps?.key ?? null,
      refiners: (plan?.refiners ?? []).map(({ input, key }) => ({ input, key })),
      updatedAt: this.#updatedAt,
    };
  }

  #show(): void {
    const members = (this.#plan?.members ?? []).map(({ role, index, imagesPerEpoch }, position) => ({
      role,
      index,
      imagesPerEpoch,
      ...this.#members[position]!,
    }));
    setCurrentDetails(progressTable(this.#stage, members));
  }
}
