import { type MethodRegistry, methods } from '@ddad/methods';
import type { Damage, ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, expect } from 'vitest';
import { DatasetCatalog } from '../dataset-catalog.ts';
import { addDataset, datasetCache } from '../datasets.testing.ts';
import { type PlanDeps, type PlannedNode, planRun, type RunPlan } from './plan.ts';
import type { PresentTrainer } from './settled-trainers.ts';

/** Plans of runs on small datasets, in a store that is new for every test. */
export class Planning {
  /** Has the datasets tiny, flat, plain, lonely and validated. */
  store: ObjectStore = memoryStore();
  /** What was found damaged, and set aside. */
  damages: Damage[] = [];
  /** Those that are there. */
  trainers: PresentTrainer[] = [];
  readonly now = Date.parse('2026-11-24T12:00:00Z');

  constructor() {
    beforeEach(async () => {
      this.store = memoryStore();
      this.damages = [];
      this.trainers = [];
      await addDataset(this.store, 'tiny');
      await addDataset(this.store, 'flat', { unlabeled: { labels: 'unknown', images: [6, 7, 8] } });
      await addDataset(this.store, 'plain', { unlabeled: { labels: 'none' }, test: { labels: 'none' } });
      await addDataset(this.store, 'lonely', { train: [0] });
      await addDataset(this.store, 'validated', { validation: [14, 15] });
    });
  }

  deps(known: MethodRegistry = methods): PlanDeps {
    return {
      store: this.store,
      catalog: new DatasetCatalog(this.store, datasetCache(this.store)),
      methods: known,
      searchAttributes: false,
      heartbeatTimeoutMs: 1000,
      onDamage: (damage) => void this.damages.push(damage),
      presentTrainers: () => this.trainers,
      now: () => this.now,
    };
  }

  plan(raw: unknown, known?: MethodRegistry): Promise<RunPlan> {
    return planRun(this.deps(known), raw);
  }

  /** What the input is refused with. */
  async refusal(raw: unknown): Promise<ApplicationFailure> {
    const error: unknown = await this.plan(raw).then(
      () => expect.fail('the input was taken'),
      (failure: unknown) => failure,
    );
    if (!(error instanceof ApplicationFailure)) throw error;
    expect(error).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    return error;
  }

  /** Where the input's faults are, in alphabetical order. */
  async faultsAt(raw: unknown): Promise<string[]> {
    const faults = (await this.refusal(raw)).details![0] as { path: string }[];
    return faults.map(({ path }) => path).sort();
  }
}

/** A node's specification, its fields open. */
export const specOf = ({ spec }: PlannedNode) => spec as Record<string, unknown>;
export const membersOf = ({ nodes }: RunPlan) => nodes.filter(({ member }) => member !== undefined);
export const keysOf = (plan: RunPlan) => membersOf(plan).map(({ key }) => key);
export const refinersOf = ({ nodes }: RunPlan) => nodes.filter(({ kind }) => kind === 'refiners');
export const find = ({ nodes }: RunPlan, id: string) => nodes.find((node) => node.id === id);

/** @throws where there is none */
export function nodeOf(plan: RunPlan, id: string): PlannedNode {
  const found = find(plan, id);
  if (found === undefined) throw new Error(`expected a node ${id}, got ${plan.nodes.map((node) => node.id)}`);
  return found;
}
