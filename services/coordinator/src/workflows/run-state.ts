import type { JobProgress, PlannedMember, ResolvedRunInput, RunProgress, Stage } from '@ddad/contract';
import { setCurrentDetails } from '@temporalio/workflow';
import type { MemberPlan, ScoringPlan } from '../activities/planned-artifacts.ts';
import { fromRows } from '../member-progress.ts';
import { progressTable } from './progress-table.ts';

interface MemberState {
  plan: MemberPlan;
  progress: JobProgress;
  /** True while an activity works for it: only then are its figures news. */
  underWay: boolean;
}

/** What the workflow knows of a run while it goes on; keeps the UI's details up to date. */
export class RunState {
  #stage: Exclude<Stage, 'paused'> = 'planning';
  #pause: 'no' | 'wanted' | 'paused' = 'no';
  #input: ResolvedRunInput | null = null;
  #scoring: ScoringPlan = { maps: null, refiners: [] };
  /** By position. */
  readonly #members: MemberState[] = [];
  #updatedAt: string | null = null;

  get stage(): Exclude<Stage, 'paused'> {
    return this.#stage;
  }

  enter(stage: Exclude<Stage, 'paused'>): void {
    this.#stage = stage;
    this.#show();
  }

  /** What the run was asked for, with the K of now. */
  asked(input: ResolvedRunInput): void {
    this.#input = input;
    this.#show();
  }

  scoring(plan: ScoringPlan): void {
    this.#scoring = plan;
  }

  /** Takes a member that is planned, or planned anew, for a position. */
  planned(position: number, plan: MemberPlan): void {
    const total = plan.spec.epochs;
    const { finished } = plan;
    const state = finished ? 'finished' : 'waiting';
    this.#members[position] = {
      plan,
      progress: idle({ done: finished ? total : 0, total }, state),
      underWay: false,
    };
  }

  pausing(pause: 'no' | 'wanted' | 'paused'): void {
    if (pause === this.#pause) return;
    this.#pause = pause;
    this.#show();
  }

  /** Takes a signal's rows. What the workflow knows to be at rest stays so: signals may come late. */
  heard(rows: unknown): void {
    for (const { position, progress } of fromRows(rows)) {
      const member = this.#members[position];
      if (member?.underWay && member.progress.state !== 'finished') member.progress = progress;
    }
    this.#updatedAt = new Date().toISOString();
    this.#show();
  }

  started(position: number): void {
    this.#members[position]!.underWay = true;
  }

  /** Its trainer has stopped after a checkpoint. */
  stopped(position: number): void {
    const member = this.#members[position]!;
    this.#rest(position, idle(member.progress, 'waiting'));
  }

  trained(position: number, { loss, trainer }: { loss: number; trainer: string }): void {
    const { total } = this.#members[position]!.progress;
    this.#rest(position, { ...idle({ done: total, total }, 'finished'), loss, worker: trainer });
  }

  failed(position: number): void {
    const { progress } = this.#members[position]!;
    this.#rest(position, { ...progress, imagesPerSecond: 0, state: 'failed' });
  }

  progress(): RunProgress {
    const paused = this.#pause === 'paused' && this.#stage !== 'finished';
    return {
      stage: paused ? 'paused' : this.#stage,
      ...(paused ? { pausedIn: this.#stage } : {}),
      input: this.#input,
      members: this.#inOrder().map(({ plan: { role, index, seed, key }, progress }) => ({
        role,
        index,
        seed,
        key,
        ...progress,
      })),
      maps: this.#scoring.maps?.key ?? null,
      kCurve: this.#scoring.kCurve?.key ?? null,
      refiners: this.#scoring.refiners.map(({ input, key }) => ({ input, key })),
      updatedAt: this.#updatedAt,
    };
  }

  #rest(position: number, progress: JobProgress): void {
    const member = this.#members[position]!;
    member.progress = progress;
    member.underWay = false;
    this.#show();
  }

  /** By role, then index: members that were added later have later positions. */
  #inOrder(): MemberState[] {
    return [...this.#members].sort((a, b) => byRoleAndIndex(a.plan, b.plan));
  }

  #show(): void {
    const members = this.#inOrder().map(({ plan: { role, index, imagesPerEpoch }, progress }) => ({
      role,
      index,
      imagesPerEpoch,
      ...progress,
    }));
    const heading = { no: this.#stage, wanted: `${this.#stage}, pausing`, paused: 'paused' }[this.#pause];
    setCurrentDetails(progressTable(heading, members));
  }
}

/** NDM first, then by index. */
export function byRoleAndIndex(
  a: Pick<PlannedMember, 'role' | 'index'>,
  b: Pick<PlannedMember, 'role' | 'index'>,
): number {
  return a.role === b.role ? a.index - b.index : a.role === 'ndm' ? -1 : 1;
}

function idle({ done, total }: { done: number; total: number }, state: JobProgress['state']): JobProgress {
  return { done, total, loss: null, imagesPerSecond: 0, worker: null, state };
}
