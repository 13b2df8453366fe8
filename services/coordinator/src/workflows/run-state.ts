import {
  finishedStage,
  type GraphStage,
  type JobProgress,
  pausedStage,
  planningStage,
  type RunProgress,
} from '@ddad/contract';
import { setCurrentDetails } from '@temporalio/workflow';
import type { Plan, PlannedNode } from '../activities/plan.ts';
import { fromRows } from '../node-progress.ts';
import { progressTable } from './progress-table.ts';

interface NodeFigures {
  node: PlannedNode;
  progress: JobProgress;
  /** True while an activity works for it: only then are its figures news. */
  underWay: boolean;
  /** Why its last attempt failed. */
  trouble?: string;
}

/** What the workflow knows of a run while it goes on; keeps the UI's details and the stages' times up to date. */
export class RunState {
  #stages: GraphStage[] = [];
  /** Index among the stages; −1 while the run is planned, their number once it is finished. */
  #stage = -1;
  #stageSince = Date.now();
  readonly #startedAt = Date.now();
  readonly #seconds: Record<string, number> = { plan: 0 };
  #pause: 'no' | 'wanted' | 'paused' = 'no';
  #plan: Pick<Plan, 'basis' | 'about'> | null = null;
  /** In the order of the graph. */
  #nodes: NodeFigures[] = [];
  /** Of every node that there was, by its id: signals name nodes by their place here. */
  readonly #places = new Map<string, number>();
  #updatedAt: string | null = null;
  #onStage: ((stage: string) => void) | null = null;
  #told: string | null = null;
  #link: string | null = null;

  /** Wall time of each stage so far, and of the whole run. */
  seconds(): Record<string, number> {
    this.#countTime();
    return { ...this.#seconds, total: (Date.now() - this.#startedAt) / 1000 };
  }

  /** Has every stage told that the run is in from now on, the one of now and `paused` too; `finished` is told by the outcome. */
  tellStages(onStage: (stage: string) => void): void {
    this.#onStage = onStage;
    this.#show();
  }

  /** The run's own page, for the UI's details. */
  set page(link: string) {
    this.#link = link;
    this.#show();
  }

  /** Title of the stage. */
  get stage(): string {
    if (this.#stage < 0) return planningStage;
    return this.#stages[this.#stage]?.title ?? finishedStage;
  }

  /** Takes what a run is going to make, in its order; nodes of the same key keep their figures. */
  planned(plan: Plan, nodes: readonly PlannedNode[]): void {
    const { stages } = plan;
    this.#plan = plan;
    this.#stages = [...stages];
    for (const { name } of stages) this.#seconds[name] ??= 0;
    const before = new Map(this.#nodes.map((known) => [known.node.id, known]));
    this.#nodes = nodes.map((node) => {
      const known = before.get(node.id);
      if (!this.#places.has(node.id)) this.#places.set(node.id, this.#places.size);
      if (known?.node.key === node.key) return { ...known, node };
      const { finished, total } = node;
      const state = finished ? 'finished' : 'waiting';
      return { node, progress: idle({ done: finished ? total : 0, total }, state), underWay: false };
    });
    this.#advance();
  }

  /** Place of a node among all that the run ever had. */
  placeOf(id: string): number {
    return this.#places.get(id) ?? 0;
  }

  pausing(pause: 'no' | 'wanted' | 'paused'): void {
    if (pause === this.#pause) return;
    this.#pause = pause;
    this.#show();
  }

  /** Takes a signal's rows. What the workflow knows to be at rest stays so: signals may come late. */
  heard(rows: unknown): void {
    const byPlace = new Map(this.#nodes.map((known) => [this.placeOf(known.node.id), known]));
    for (const { position, progress, trouble } of fromRows(rows)) {
      const known = byPlace.get(position);
      if (!known?.underWay || known.progress.state === 'finished') continue;
      known.progress = withKept(progress, known.progress);
      if (trouble !== undefined) known.trouble = trouble;
    }
    this.#updatedAt = new Date().toISOString();
    this.#show();
  }

  started(id: string): void {
    const known = this.#find(id);
    if (known !== undefined) known.underWay = true;
  }

  /**
   * Nobody works for it any more, and it is not finished: stopped after a checkpoint, or found damaged.
   * @param kept how far it came, where whoever stopped it says so: signals are up to a minute behind
   */
  stopped(id: string, kept: JobProgress | null = null): void {
    const known = this.#find(id);
    if (known === undefined) return;
    const { done, total } = kept !== null && kept.total > 0 ? withKept(kept, known.progress) : known.progress;
    this.#rest(known, idle({ done, total }, 'waiting'));
  }

  /** The run ends without a result: what was not finished, and did not fail by itself, never will be. */
  ended(): void {
    for (const known of this.#nodes) {
      const { state } = known.progress;
      if (state === 'finished' || state === 'failed') continue;
      known.progress = idle(known.progress, 'cancelled');
      known.underWay = false;
    }
    this.#show();
  }

  /** It is to be made anew, from its beginning. */
  again(id: string): void {
    const known = this.#find(id);
    if (known !== undefined) this.#rest(known, idle({ done: 0, total: known.node.total }, 'waiting'));
  }

  made(id: string, { loss, worker }: { loss: number | null; worker: string }): void {
    const known = this.#find(id);
    if (known === undefined) return;
    delete known.trouble;
    const { total } = known.node;
    this.#rest(known, { ...idle({ done: total, total }, 'finished'), loss, worker });
  }

  failed(id: string): void {
    const known = this.#find(id);
    if (known !== undefined) this.#rest(known, { ...known.progress, imagesPerSecond: 0, state: 'failed' });
  }

  /** The report is written as well. */
  finished(): void {
    this.#countTime();
    this.#stage = this.#stages.length;
    this.#show();
  }

  /** What follows from the plan. */
  #planned(): Pick<RunProgress, 'input' | 'deviations' | 'datasetDigest'> {
    if (this.#plan === null) return { input: null };
    const { basis, about } = this.#plan;
    return { input: basis.settings, deviations: [...about.deviations], datasetDigest: basis.datasetDigest };
  }

  progress(): RunProgress {
    const paused = this.#pause === 'paused' && this.stage !== finishedStage;
    const titles = new Map(this.#stages.map(({ name, title }) => [name, title]));
    return {
      stage: paused ? pausedStage : this.stage,
      ...(paused ? { pausedIn: this.stage } : {}),
      stages: [planningStage, ...titles.values(), finishedStage],
      ...this.#planned(),
      nodes: this.#nodes.map(
        ({
          node: { id, kind, key, stage, unit, pool, member, finished, expectedSeconds },
          progress,
          trouble,
        }) => ({
          id,
          kind,
          key,
          stage: titles.get(stage) ?? stage,
          unit,
          madeBy: pool === 'train' ? 'trainer' : 'scorer',
          reused: finished,
          ...(expectedSeconds === undefined ? {} : { expectedSeconds }),
          ...(member === undefined ? {} : { member }),
          ...progress,
          ...(trouble === undefined ? {} : { trouble }),
        }),
      ),
      updatedAt: this.#updatedAt,
    };
  }

  #find(id: string): NodeFigures | undefined {
    return this.#nodes.find(({ node }) => node.id === id);
  }

  #rest(known: NodeFigures, progress: JobProgress): void {
    known.progress = progress;
    known.underWay = false;
    this.#advance();
  }

  /** The run is in the first stage that has work left; the last one ends with the report. */
  #advance(): void {
    const open = new Set(
      this.#nodes.flatMap(({ node, progress: { state } }) =>
        state === 'finished' || state === 'failed' ? [] : [node.stage],
      ),
    );
    const first = this.#stages.findIndex(({ name }) => open.has(name));
    const stage = first === -1 ? this.#stages.length - 1 : first;
    if (stage !== this.#stage) {
      this.#countTime();
      this.#stage = stage;
    }
    this.#show();
  }

  /** Counts the time since it was counted last for the stage that the run is in. */
  #countTime(): void {
    const now = Date.now();
    const name = this.#stage < 0 ? 'plan' : this.#stages[this.#stage]?.name;
    if (name !== undefined)
      this.#seconds[name] = (this.#seconds[name] ?? 0) + (now - this.#stageSince) / 1000;
    this.#stageSince = now;
  }

  #show(): void {
    const stage = this.#pause === 'paused' ? pausedStage : this.stage;
    if (this.#onStage !== null && stage !== this.#told && stage !== finishedStage) {
      this.#told = stage;
      this.#onStage(stage);
    }
    const heading = { no: this.stage, wanted: `${this.stage}, pausing`, paused: pausedStage }[this.#pause];
    setCurrentDetails(
      progressTable(
        heading,
        this.#stages.map(({ title }) => title),
        this.#nodes.map(({ node: { id, unit, imagesPerUnit }, progress }) => ({
          id,
          unit,
          imagesPerUnit,
          ...progress,
        })),
        { page: this.#link, deviations: this.#plan?.about.deviations ?? [] },
      ),
    );
  }
}

/** Who waits for a worker does not know what an earlier one has left in a checkpoint. */
function withKept(progress: JobProgress, before: JobProgress): JobProgress {
  if (progress.state !== 'waiting') return progress;
  return { ...progress, done: Math.max(progress.done, before.done) };
}

function idle({ done, total }: { done: number; total: number }, state: JobProgress['state']): JobProgress {
  return { done, total, loss: null, imagesPerSecond: 0, worker: null, state };
}
