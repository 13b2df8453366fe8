import type { PlanBasis } from '@ddad/contract';
import { type ActivityOptions, CancellationScope, CancelledFailure, condition } from '@temporalio/workflow';
import type { MadeNode, MakeArgs } from '../activities/make.ts';
import type { Plan, PlannedNode } from '../activities/plan.ts';
import type { RunIdentity } from '../dispatcher.ts';
import { failureTypes } from '../failure-types.ts';
import { makeIn, replan } from './activity-stubs.ts';
import { damageIn, isDivergence, isStopped, keptIn, reasonOf, stageFailure } from './failures.ts';
import type { Pausing } from './pausing.ts';
import type { RunState } from './run-state.ts';

export interface GraphRunDeps {
  state: RunState;
  pausing: Pausing;
  run: RunIdentity;
  selection: MakeArgs['selection'];
  options: ActivityOptions;
  /** Whether activities bear the ids of their nodes, which Temporal's UI shows of those that are pending. */
  named: boolean;
}

/** How often a run makes the same artifact again that it finds damaged. */
const remakes = 3;

/** A node that a run wants, and how far it is. */
export interface WantedNode {
  node: PlannedNode;
  outcome: { made: MadeNode } | { failed: string } | null;
  /** The seed with which it diverged before. */
  divergedSeed?: number;
  /** Activities that were begun for it before the one of now. */
  begun: number;
  /** While an activity works for it. */
  scope: CancellationScope | null;
  /** How often it was found damaged. */
  damaged: number;
}

/**
 * Has a run's graph made: each node once what it needs is published. A node that diverges is made once more with the next
 * seed derived for it; one that is found damaged is made again; one that fails for good ends the others and the run, unless
 * enough of its group are left. The graph may change meanwhile: what keeps its key goes on, what does not is stopped.
 */
export class GraphRun {
  readonly #deps: GraphRunDeps;
  #plan: Plan;
  /** By id, in the order of the graph. */
  #nodes = new Map<string, WantedNode>();
  /** How many were begun, by node. */
  readonly #activities = new Map<string, number>();
  /** Activities under way, those of nodes that are no longer wanted among them. */
  #underWay = 0;
  /** Plans under way: the graph is not complete before they are in. */
  #planning = 0;
  /** Resolves once the plans under way are in. */
  #planned: Promise<unknown> = Promise.resolve();
  #failure: { error: unknown } | null = null;
  #scope: CancellationScope | null = null;

  constructor(deps: GraphRunDeps, plan: Plan) {
    this.#deps = deps;
    this.#plan = plan;
    this.#take(plan);
  }

  /** As it was planned last. */
  get plan(): Plan {
    return this.#plan;
  }

  /** All nodes that are wanted, in the order of the graph. */
  get nodes(): WantedNode[] {
    return [...this.#nodes.values()];
  }

  /** True once nothing is left to be made. */
  get complete(): boolean {
    return this.#planning === 0 && this.nodes.every(({ outcome }) => outcome !== null);
  }

  /** Takes the plan that `work` brings along, one after the other; the graph does not count as complete before. */
  async join(work: (basis: PlanBasis) => Promise<Plan>): Promise<Plan> {
    this.#planning += 1;
    const turn = this.#planned.then(async () => {
      const plan = await work(this.#plan.basis);
      this.#take(plan);
      return plan;
    });
    this.#planned = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#planning -= 1;
    }
  }

  /** Has nodes made again whose published artifacts were damaged. @returns false where that was done too often already */
  again(damaged: readonly { kind: string; key: string; fault: string }[]): boolean {
    let all = true;
    for (const { kind, key, fault } of damaged) {
      const wanted = this.nodes.find(({ node }) => node.kind === kind && node.key === key);
      if (wanted === undefined || wanted.damaged >= remakes) {
        all = false;
        continue;
      }
      // Several may find the same at once.
      if (wanted.outcome === null) continue;
      wanted.damaged += 1;
      wanted.node = { ...wanted.node, finished: false, replaced: fault };
      wanted.outcome = null;
      this.#deps.state.again(wanted.node.id);
    }
    return all;
  }

  /**
   * Makes what is not made yet.
   * @throws the first failure for good, once all others have ended; CancelledFailure where the run is cancelled
   */
  async make(): Promise<void> {
    await CancellationScope.cancellable(async () => {
      const scope = CancellationScope.current();
      this.#scope = scope;
      try {
        while (!scope.consideredCancelled && !this.complete) {
          for (const wanted of this.#ready()) void this.#bring(wanted);
          // Whatever is under way ends before the run goes on, cancelled or not.
          await CancellationScope.nonCancellable(() => condition(() => this.#turn()));
        }
        await CancellationScope.nonCancellable(() => condition(() => this.#underWay === 0));
      } finally {
        this.#scope = null;
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (scope.consideredCancelled) throw new CancelledFailure('cancelled');
    });
  }

  /** Whether `make` has something to do: to begin with nodes, or to end. */
  #turn(): boolean {
    const cancelled = this.#scope?.consideredCancelled === true;
    if (cancelled) return this.#underWay === 0;
    return this.complete || this.#ready().length > 0;
  }

  /** Nodes that nothing keeps from being made now. */
  #ready(): WantedNode[] {
    const all = this.nodes;
    const open = new Set(
      all.flatMap(({ node, outcome }) => (outcome !== null && 'made' in outcome ? [] : [nameOf(node)])),
    );
    return all.filter(
      ({ node, outcome, scope }) =>
        outcome === null && scope === null && !node.needs.some((need) => open.has(nameOf(need))),
    );
  }

  /** Takes a plan: nodes of the same key go on as they are; others are new, and what is no longer wanted is stopped. */
  #take(plan: Plan): void {
    const before = this.#nodes;
    this.#plan = plan;
    this.#nodes = new Map(
      plan.nodes.map((node): [string, WantedNode] => {
        const known = before.get(node.id);
        if (known?.node.key === node.key) return [node.id, known];
        const fresh: WantedNode = { node, outcome: null, begun: known?.begun ?? 0, scope: null, damaged: 0 };
        if (known?.divergedSeed !== undefined) fresh.divergedSeed = known.divergedSeed;
        return [node.id, fresh];
      }),
    );
    for (const [id, known] of before) if (this.#nodes.get(id) !== known) known.scope?.cancel();
    this.#deps.state.planned(
      plan,
      this.nodes.map(({ node }) => node),
    );
  }

  /** Brings one node to its end; never rejects. */
  async #bring(wanted: WantedNode): Promise<void> {
    const { state } = this.#deps;
    const scope = new CancellationScope();
    wanted.scope = scope;
    this.#underWay += 1;
    const current = () => this.#nodes.get(wanted.node.id) === wanted;
    try {
      const made = await scope.run(() => this.#attend(wanted));
      wanted.outcome = { made };
      if (current()) state.made(wanted.node.id, made);
    } catch (error) {
      // What was stopped was stopped by a new plan, or by the end of the run.
      if (current() && isStopped(error)) state.stopped(wanted.node.id, keptIn(error));
      else if (current()) await this.#fail(wanted, error);
    } finally {
      wanted.scope = null;
      this.#underWay -= 1;
    }
  }

  /** Follows a node's making through pauses. */
  #attend(wanted: WantedNode): Promise<MadeNode> {
    const { state, pausing, run, selection, options, named } = this.#deps;
    const { id } = wanted.node;
    return pausing.run(
      () => {
        const { kind, pool, key, spec, needs, images, total, finished, replaced } = wanted.node;
        const { datasetDigest } = this.#plan.basis;
        const position = state.placeOf(id);
        const args: MakeArgs = {
          ...{ run, position, id, kind, pool, key, spec, needs, images, total, finished },
          ...(replaced === undefined ? {} : { replaced }),
          ...{ datasetDigest, selection },
        };
        wanted.begun += 1;
        state.started(id);
        const activity = this.#begun(id);
        const name = activity === 1 ? id : `${id} (${activity})`;
        const naming = named ? { activityId: name } : {};
        return makeIn(pool).executeWithOptions({ ...options, ...naming, summary: id }, [args]);
      },
      (error) => state.stopped(id, keptIn(error)),
    );
  }

  /** Counts the activities begun under a node's id: one that a new plan stops may not have ended yet. */
  #begun(id: string): number {
    const count = (this.#activities.get(id) ?? 0) + 1;
    this.#activities.set(id, count);
    return count;
  }

  /** Mends what can be mended; else goes on without the node where that is wanted, or ends all. */
  async #fail(wanted: WantedNode, error: unknown): Promise<void> {
    const { node } = wanted;
    const damaged = damageIn(error);
    if (damaged !== null && this.again(damaged)) {
      this.#deps.state.again(node.id);
      return;
    }
    try {
      if (isDivergence(error) && wanted.divergedSeed === undefined && (await this.#retry(wanted))) return;
      await this.#lose(wanted, error);
    } catch (planError) {
      this.#end(wanted, planError);
    }
  }

  /** Plans a node anew with its next seed. @returns false where the seed makes no difference */
  async #retry({ node }: WantedNode): Promise<boolean> {
    const seed = seedIn(node);
    await this.join((basis) => {
      const retries = { ...basis.retries, [node.id]: (basis.retries[node.id] ?? 0) + 1 };
      return this.#replanned({ ...basis, retries });
    });
    const next = this.#nodes.get(node.id);
    if (next === undefined || next.node.key === node.key) return false;
    if (seed !== undefined) next.divergedSeed = seed;
    return true;
  }

  async #lose(wanted: WantedNode, error: unknown): Promise<void> {
    const { node, divergedSeed } = wanted;
    const twice =
      isDivergence(error) && divergedSeed !== undefined
        ? `diverged with seed ${divergedSeed} and with seed ${seedIn(node)}: `
        : '';
    wanted.outcome = { failed: `${twice}${reasonOf(error)}` };
    this.#deps.state.failed(node.id);
    const group = node.group;
    const least = group === undefined ? undefined : this.#plan.groups[group]?.least;
    const left = this.nodes.filter(
      (one) => one.node.group === group && !(one.outcome !== null && 'failed' in one.outcome),
    ).length;
    if (least !== undefined && left >= least) {
      await this.join((basis) => this.#replanned({ ...basis, lost: [...basis.lost, node.id] }));
      return;
    }
    const after =
      least === undefined ? '' : ` (${left} ${group} members are left, expected at least ${least})`;
    this.#end(wanted, error, { before: twice, after });
  }

  #end({ node: { id, key, member } }: WantedNode, error: unknown, told = { before: '', after: '' }): void {
    const type = member === undefined ? failureTypes.stageFailed : failureTypes.memberFailed;
    this.#failure ??= { error: stageFailure(`${id} (key ${key})`, type, error, told) };
    this.#scope?.cancel();
  }

  #replanned(basis: PlanBasis): Promise<Plan> {
    return CancellationScope.nonCancellable(() =>
      replan.executeWithOptions({ summary: 'plan anew' }, [basis]),
    );
  }
}

/** The seed that decides a node's training; undefined of one that has none. */
export function seedIn({ member, spec }: Pick<PlannedNode, 'member' | 'spec'>): number | undefined {
  return member?.seed ?? (spec as { seed?: number }).seed;
}

function nameOf({ kind, key }: { kind: string; key: string }): string {
  return `${kind}/${key}`;
}
