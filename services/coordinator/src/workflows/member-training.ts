import type { FailedMember, MemberResult, Role } from '@ddad/contract';
import {
  type ActivityOptions,
  CancellationScope,
  CancelledFailure,
  condition,
  patched,
} from '@temporalio/workflow';
import type { PlannedRun } from '../activities/plan.ts';
import type { MemberPlan } from '../activities/planned-artifacts.ts';
import type { RunIdentity } from '../dispatcher.ts';
import { failureTypes } from '../failure-types.ts';
import { planMembers, trainMember } from './activity-stubs.ts';
import { isDivergence, isStopped, reasonOf, stageFailure } from './failures.ts';
import type { Pausing } from './pausing.ts';
import { byRoleAndIndex, type RunState } from './run-state.ts';

export interface MemberTrainingDeps {
  state: RunState;
  pausing: Pausing;
  run: RunIdentity;
  /** As it was planned; members do not depend on K. */
  planned: PlannedRun;
  /** So many per role are enough where others fail for good; undefined: all must succeed. */
  minMembers: number | undefined;
  options: ActivityOptions;
}

interface Member {
  plan: MemberPlan;
  outcome: { result: MemberResult } | { failed: FailedMember } | null;
  divergedSeed?: number;
  /** Activities that were begun for it before the one of now. */
  begun: number;
  underWay: boolean;
}

/**
 * Has a run's members trained, all at once; more may join while it goes on. A member that diverges is trained once more
 * with the next seed derived for it. The first member that fails for good ends the others and the run, unless
 * `minMembers` of its role are left.
 */
export class MemberTraining {
  readonly #deps: MemberTrainingDeps;
  /** By position. */
  readonly #members: Member[] = [];
  #scope: CancellationScope | null = null;
  #joining = 0;
  #failure: { error: unknown } | null = null;

  constructor(deps: MemberTrainingDeps, plans: readonly MemberPlan[]) {
    this.#deps = deps;
    this.#take(plans);
  }

  /** True while members may join. */
  get open(): boolean {
    return this.#scope !== null && !this.#scope.consideredCancelled;
  }

  /** Takes the members that `plan` brings along; training does not end before. */
  async join(plan: () => Promise<MemberPlan[]>): Promise<MemberPlan[]> {
    this.#joining += 1;
    try {
      const plans = await plan();
      this.#take(plans);
      return plans;
    } finally {
      this.#joining -= 1;
    }
  }

  /** Has members trained again whose published artifacts were damaged. */
  again(faults: ReadonlyMap<string, string>): void {
    for (const [position, member] of this.#members.entries()) {
      const replaced = faults.get(member.plan.key);
      if (replaced === undefined || member.outcome === null) continue;
      member.plan = { ...member.plan, finished: false, replaced };
      member.outcome = null;
      this.#deps.state.planned(position, member.plan);
    }
  }

  /**
   * Trains what is not finished yet.
   * @throws the first member's failure, once all others have ended; CancelledFailure where the run is cancelled.
   */
  async train(): Promise<void> {
    await CancellationScope.cancellable(async () => {
      const scope = CancellationScope.current();
      this.#scope = scope;
      try {
        while (!scope.consideredCancelled && this.#waiting().length > 0) {
          for (const [position, member] of this.#waiting()) void this.#bring(position, member);
          // Whatever is under way ends before the run goes on, cancelled or not.
          await CancellationScope.nonCancellable(() => condition(() => this.#settled()));
        }
      } finally {
        this.#scope = null;
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (scope.consideredCancelled) throw new CancelledFailure('cancelled');
    });
  }

  /** Members that finished, by role and index. */
  finished(): MemberResult[] {
    return this.#members
      .flatMap(({ outcome }) => (outcome !== null && 'result' in outcome ? [outcome.result] : []))
      .sort(byRoleAndIndex);
  }

  /** Members that failed for good, by role and index. */
  failed(): FailedMember[] {
    return this.#members
      .flatMap(({ outcome }) => (outcome !== null && 'failed' in outcome ? [outcome.failed] : []))
      .sort(byRoleAndIndex);
  }

  #take(plans: readonly MemberPlan[]): void {
    for (const plan of plans) {
      this.#deps.state.planned(this.#members.length, plan);
      this.#members.push({ plan, outcome: null, begun: 0, underWay: false });
    }
  }

  #waiting(): [number, Member][] {
    return [...this.#members.entries()].filter(([, { outcome, underWay }]) => outcome === null && !underWay);
  }

  /** Whether `train` has something to do: to begin with new members, or to end. */
  #settled(): boolean {
    const begin = this.open && this.#waiting().length > 0;
    return begin || (this.#joining === 0 && this.#members.every(({ underWay }) => !underWay));
  }

  /** Brings one member to its end; never rejects. */
  async #bring(position: number, member: Member): Promise<void> {
    const { state } = this.#deps;
    member.underWay = true;
    try {
      const result = await this.#trainOne(position, member);
      member.outcome = { result };
      state.trained(position, result);
    } catch (error) {
      state.failed(position);
      if (!isStopped(error)) this.#lose(member, error);
    } finally {
      member.underWay = false;
    }
  }

  async #trainOne(position: number, member: Member): Promise<MemberResult> {
    try {
      return await this.#attend(position, member);
    } catch (error) {
      // Runs of the first version failed at this point.
      if (!isDivergence(error) || !patched('restart-diverged')) throw error;
      const { role, index, seed } = member.plan;
      const [plan] = await planMembers.executeWithOptions({ summary: `${role} ${index}, next seed` }, [
        this.#deps.planned,
        [{ role, index, retry: 1 }],
      ]);
      member.divergedSeed = seed;
      member.plan = plan!;
      this.#deps.state.planned(position, plan!);
      return await this.#attend(position, member);
    }
  }

  /** Follows a member's training through pauses. */
  async #attend(position: number, member: Member): Promise<MemberResult> {
    const { state, pausing, run, planned, options } = this.#deps;
    const { datasetDigest, selection } = planned;
    const result = await pausing.run(
      () => {
        const { role, index, key, spec, finished, replaced } = member.plan;
        const known = replaced === undefined ? {} : { replaced };
        const args = { run, position, index, key, spec, finished, ...known, datasetDigest, selection };
        member.begun += 1;
        state.started(position);
        return trainMember.executeWithOptions({ ...options, summary: `${role} ${index}` }, [args]);
      },
      () => state.stopped(position),
    );
    const { divergedSeed, begun } = member;
    return {
      ...result,
      ...(begun === 1 ? {} : { restarts: (result.restarts ?? 0) + begun - 1 }),
      ...(divergedSeed === undefined ? {} : { divergedSeed }),
    };
  }

  /** Goes on without a member where that is wanted and enough are left; else ends all. */
  #lose(member: Member, error: unknown): void {
    const { role, index, key, seed } = member.plan;
    const twice =
      isDivergence(error) && member.divergedSeed !== undefined
        ? `diverged with seed ${member.divergedSeed} and with seed ${seed}: `
        : '';
    member.outcome = { failed: { role, index, reason: `${twice}${reasonOf(error)}` } };
    const { minMembers } = this.#deps;
    const left = this.#left(role);
    if (minMembers !== undefined && left >= minMembers) return;
    const quorum =
      minMembers === undefined ? '' : ` (${left} ${role} members are left, expected at least ${minMembers})`;
    this.#failure ??= {
      error: stageFailure(`member ${role} ${index} (key ${key})`, failureTypes.memberFailed, error, {
        before: twice,
        after: quorum,
      }),
    };
    this.#scope?.cancel();
  }

  #left(role: Role): number {
    return this.#members.filter(
      ({ plan, outcome }) => plan.role === role && !(outcome !== null && 'failed' in outcome),
    ).length;
  }
}
