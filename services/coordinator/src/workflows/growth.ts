import {
  type AddMembersInput,
  type AddMembersResult,
  addMembersSchema,
  describeFaults,
  faultsOf,
  type ResolvedRunInput,
} from '@ddad/contract';
import { ApplicationFailure } from '@temporalio/workflow';
import type { RunPlan } from '../activities/plan.ts';
import type { WantedMember } from '../activities/planned-artifacts.ts';
import { failureTypes } from '../failure-types.ts';
import { planMembers } from './activity-stubs.ts';
import type { MemberTraining } from './member-training.ts';
import type { RunState } from './run-state.ts';
import { describeRun } from './search-attributes.ts';

/** Lets a run grow while it trains (update `addMembers`); keeps its input with the K of now. */
export class Growth {
  readonly #state: RunState;
  #run: { planned: RunPlan; training: MemberTraining; input: ResolvedRunInput } | null = null;
  #growing = false;

  constructor(state: RunState) {
    this.#state = state;
  }

  /** The run is planned and its members can be added to. */
  begin(planned: RunPlan, training: MemberTraining): void {
    this.#run = { planned, training, input: planned.input };
  }

  /** With the K of now; throws before `begin`. */
  get input(): ResolvedRunInput {
    return this.#run!.input;
  }

  /** @throws Error that says what was expected; for the update's validator. */
  check(received: unknown): void {
    const parsed = addMembersSchema.safeParse(received);
    if (!parsed.success) throw new Error(describeFaults(faultsOf(parsed.error, received)));
    const fault = this.#faultOf(parsed.data);
    if (fault !== null) throw new Error(fault);
  }

  /** Plans the additional members and has them trained beside the others. */
  async add({ k }: AddMembersInput): Promise<AddMembersResult> {
    const run = this.#run;
    // What was true when the update was checked may have changed in the same moment.
    const fault = this.#faultOf({ k });
    if (run === null || fault !== null)
      throw ApplicationFailure.nonRetryable(fault, failureTypes.invalidInput);
    const { planned, training, input } = run;
    const roles = [...new Set(planned.members.map(({ role }) => role))];
    const wanted = roles.flatMap((role) =>
      Array.from({ length: k - input.k }, (_, place): WantedMember => ({ role, index: input.k + place })),
    );
    this.#growing = true;
    try {
      const { datasetDigest, selection } = planned;
      const added = await training.join(() =>
        planMembers.executeWithOptions({ summary: `plan for K = ${k}` }, [
          { input, datasetDigest, selection },
          wanted,
        ]),
      );
      run.input = { ...input, k };
      this.#state.asked(run.input);
      if (planned.searchAttributes) describeRun(run.input);
      return { k, added: added.map(({ role, index, seed, key }) => ({ role, index, seed, key })) };
    } finally {
      this.#growing = false;
    }
  }

  #faultOf({ k }: AddMembersInput): string | null {
    if (this.#run === null)
      return 'expected a run that trains, this one is still being planned: try again soon';
    if (this.#run.input.dropout !== undefined)
      return 'expected a run of an ensemble, this one is of MC Dropout (uncertainty "dropout"): it has one network per role';
    if (!this.#run.training.open) {
      return `expected a run that still trains its members, this one is past that: its stage is ${this.#state.stage}`;
    }
    if (this.#growing)
      return 'expected one addMembers at a time, another one is being planned: try again soon';
    const { k: now } = this.#run.input;
    return k > now ? null : `k: expected more than the ${now} members per role that the run has, got ${k}`;
  }
}
