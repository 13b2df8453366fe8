import type { RunFacts } from '@ddad/contract';
import { methods } from '@ddad/methods';
import type { ObjectStore } from '@ddad/storage';
import { Context } from '@temporalio/activity';
import { planExperiment, publishExperiment } from '../activities/experiment.ts';
import { foreseeRun } from '../activities/foresee.ts';
import type { Activities } from '../activities/index.ts';
import type { MadeNode, MakeArgs } from '../activities/make.ts';
import { growRun, planRun, replan } from '../activities/plan.ts';
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
    methods,
    catalog: new DatasetCatalog(options.store, datasetCache(options.store)),
    onDamage: () => {},
    presentTrainers: () => [],
    now: Date.now,
  };
  return {
    plan: (raw) => planRun(deps, raw),
    foresee: (raw) =>
      foreseeRun({ ...deps, workers: { train: { workers: [] }, score: { workers: [] } } }, raw),
    replan: (basis) => replan(deps, basis),
    grow: (basis, k) => growRun(deps, basis, k),
    make: async (args) => madeNode(args),
    publishReport: async (facts) => resultOf(facts),
    makePage: async ({ run }) => `reports/${run.runId}/report.html`,
    logToMlflow: async () => ({ url: 'http://mlflow/run', without: [] }),
    planExperiment: (raw) => planExperiment(deps, raw),
    publishExperiment: (experiment) => publishExperiment(deps, experiment),
  };
}

export function resultOf(facts: RunFacts) {
  const report = `reports/${facts.runId}/report.json`;
  return { ...facts, scores: null, files: { report, page: null, scores: null } };
}

export function madeNode({ kind, finished, replaced }: MakeArgs): MadeNode {
  return {
    worker: 't1',
    seconds: 2,
    loss: kind === 'members' ? 0.25 : null,
    reused: finished,
    restarts: Context.current().info.attempt - 1,
    ...(replaced === undefined ? {} : { replaced }),
  };
}

/** Has `make` note what it is asked for, in order, before it does what it did. @returns that, as it comes */
export function recordNodes(activities: Activities): MakeArgs[] {
  const asked: MakeArgs[] = [];
  const { make } = activities;
  activities.make = (args) => {
    asked.push(args);
    return make(args);
  };
  return asked;
}

/** Has nodes made by `make` where `take` wants them; the others as before. */
export function makeBy(
  activities: Activities,
  take: (args: MakeArgs) => boolean,
  make: (args: MakeArgs) => Promise<MadeNode>,
): void {
  const others = activities.make;
  activities.make = (args) => (take(args) ? make(args) : others(args));
}

/** Whether a node is a network that is listed as a member. */
export const isMember = ({ id }: Pick<MakeArgs, 'id'>) => id.startsWith('member ');

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

/** Members that train until the test ends them, by the ids of their nodes (`member ndm 0`). */
export class HeldMembers {
  /** Every activity that began, in order. */
  readonly begun: MakeArgs[] = [];
  /** Members whose activities were cancelled. */
  readonly stopped: string[] = [];
  /** What a cancelled activity does before it ends. */
  onStop: () => Promise<void> = async () => {};
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  constructor(activities: Activities) {
    makeBy(activities, isMember, (args) => this.#train(args));
  }

  /** Ids of the activities that began, in order. */
  get names(): string[] {
    return this.begun.map(({ id }) => id);
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

  async #train(args: MakeArgs): Promise<MadeNode> {
    this.begun.push(args);
    for (const { resolve } of this.#waiting.filter(({ count }) => count <= this.begun.length)) resolve();
    await working(this.#gate(args.id).promise, () => {
      this.stopped.push(args.id);
      return this.onStop();
    });
    return madeNode(args);
  }

  #gate(name: string): PromiseWithResolvers<void> {
    const gate = this.#gates.get(name) ?? Promise.withResolvers<void>();
    this.#gates.set(name, gate);
    return gate;
  }
}
