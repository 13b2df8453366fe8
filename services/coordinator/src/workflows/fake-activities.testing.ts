import type { MemberResult } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { Context } from '@temporalio/activity';
import { planExperiment, publishExperiment } from '../activities/experiment.ts';
import type { Activities } from '../activities/index.ts';
import { planFurtherMembers, planRun, planScoringOf } from '../activities/plan.ts';
import type { MapsArgs } from '../activities/score.ts';
import type { TrainMemberArgs } from '../activities/train-member.ts';
import { DatasetCatalog } from '../dataset-catalog.ts';
import { datasetCache } from '../datasets.testing.ts';

export interface FakeOptions {
  store: ObjectStore;
  searchAttributes: boolean;
  heartbeatTimeoutMs: number;
}

/** Activities that plan in earnest and do all the rest at once. */
export function fakeActivities(options: FakeOptions): Activities {
  const deps = {
    ...options,
    catalog: new DatasetCatalog(options.store, datasetCache(options.store)),
    onDamage: () => {},
    presentTrainers: () => [],
    now: Date.now,
  };
  return {
    plan: (raw) => planRun(deps, raw),
    planMembers: (run, wanted) => planFurtherMembers(deps, run, wanted),
    planScoring: (run, keys) => planScoringOf(deps, run, keys),
    trainMember: async (args) => memberResult(args),
    makeMaps: async () => {},
    makeKCurve: async () => {},
    refine: async () => {},
    report: async ({ runId }) => {
      const page = `reports/${runId}/report.html`;
      return { scores: null, files: { report: `reports/${runId}/report.json`, page, scores: null } };
    },
    planExperiment: (raw) => planExperiment(deps, raw),
    publishExperiment: (experiment) => publishExperiment(deps, experiment),
  };
}

/** Has makeMaps do nothing but note what it is asked for. @returns that, as it comes */
export function recordMaps(activities: Activities): MapsArgs[] {
  const asked: MapsArgs[] = [];
  activities.makeMaps = async (args) => void asked.push(args);
  return asked;
}

export function memberResult({ spec, index, key, finished, replaced }: TrainMemberArgs): MemberResult {
  return {
    role: spec.role,
    index,
    seed: spec.seed,
    key,
    trainer: 't1',
    seconds: 2,
    loss: 0.25,
    reused: finished,
    restarts: Context.current().info.attempt - 1,
    ...(replaced === undefined ? {} : { replaced }),
  };
}

/**
 * Waits like an activity whose job runs: with heartbeats, until the gate opens or the activity is cancelled.
 * @param onStop what a cancelled one does before it ends
 */
export async function working(
  gate: Promise<unknown> = new Promise(() => {}),
  onStop: () => Promise<void> = async () => {},
): Promise<void> {
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 100);
  try {
    await Promise.race([gate, context.cancelled]);
  } catch (error) {
    await onStop();
    throw error;
  } finally {
    clearInterval(beating);
  }
}

/** Members that train until the test ends them, by name (`ndm 0`). */
export class HeldMembers {
  /** Every activity that began, in order. */
  readonly begun: TrainMemberArgs[] = [];
  /** Members whose activities were cancelled. */
  readonly stopped: string[] = [];
  /** What a cancelled activity does before it ends. */
  onStop: () => Promise<void> = async () => {};
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(activities: Activities) {
    activities.trainMember = (args) => this.#train(args);
  }

  /** Names of the activities that began, in order. */
  get names(): string[] {
    return this.begun.map(nameOf);
  }

  /** Resolves once so many activities have begun. */
  async until(count: number): Promise<void> {
    if (this.begun.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  finish(...names: string[]): void {
    for (const name of names) this.#gate(name).resolve();
  }

  finishAll(): void {
    this.finish(...this.names);
  }

  async #train(args: TrainMemberArgs): Promise<MemberResult> {
    this.begun.push(args);
    for (const { resolve } of this.#waiting.filter(({ count }) => count <= this.begun.length)) resolve();
    await working(this.#gate(nameOf(args)).promise, () => {
      this.stopped.push(nameOf(args));
      return this.onStop();
    });
    return memberResult(args);
  }

  #gate(name: string): PromiseWithResolvers<void> {
    const gate = this.#gates.get(name) ?? Promise.withResolvers<void>();
    this.#gates.set(name, gate);
    return gate;
  }
}

function nameOf({ spec, index }: TrainMemberArgs): string {
  return `${spec.role} ${index}`;
}
