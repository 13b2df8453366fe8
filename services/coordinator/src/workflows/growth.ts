import {
  type AddMembersInput,
  type AddMembersResult,
  addMembersSchema,
  describeFaults,
  faultsOf,
} from '@ddad/contract';
import { ActivityFailure, ApplicationFailure, condition } from '@temporalio/workflow';
import { failureTypes } from '../failure-types.ts';
import { grow } from './activity-stubs.ts';
import type { GraphRun } from './graph-run.ts';

/** Lets a run grow (update `addMembers`) until it is over. */
export class Growth {
  readonly #onGrown: (graph: GraphRun) => void;
  #graph: GraphRun | null = null;
  #growing = false;
  #over = false;

  /** @param onGrown called once the graph holds the new members */
  constructor(onGrown: (graph: GraphRun) => void) {
    this.#onGrown = onGrown;
  }

  /** The run is planned and can be added to. */
  begin(graph: GraphRun): void {
    this.#graph = graph;
  }

  /** True while somebody waits for new members to be planned. */
  get growing(): boolean {
    return this.#growing;
  }

  /** Nothing can be added any more. */
  end(): void {
    this.#over = true;
  }

  /** @throws Error that says what was expected; for the update's validator. */
  check(received: unknown): void {
    const parsed = addMembersSchema.safeParse(received);
    if (!parsed.success) throw new Error(describeFaults(faultsOf(parsed.error, received)));
    if (this.#over) throw new Error('expected a run that goes on, this one has just ended');
    if (this.#growing)
      throw new Error('expected one addMembers at a time, another one is being planned: try again soon');
  }

  /** Plans the additional members and has them made beside all else; what was made of fewer members is made anew. */
  async add({ k }: AddMembersInput): Promise<AddMembersResult> {
    this.#growing = true;
    try {
      // The run may still be planned.
      await condition(() => this.#graph !== null || this.#over);
      const graph = this.#graph;
      if (graph === null) throw refusal('expected a run that could be planned, this one could not');
      const before = new Set(graph.nodes.map(({ node }) => node.id));
      const plan = await graph.join((basis) =>
        grow.executeWithOptions({ summary: `plan for K = ${k}` }, [basis, k]),
      );
      this.#onGrown(graph);
      const added = plan.nodes.flatMap(({ id, key, member }) =>
        member === undefined || before.has(id) ? [] : [{ ...member, key }],
      );
      return { k, added };
    } catch (error) {
      // What the method said, not that an activity failed.
      const cause = error instanceof ActivityFailure ? error.cause : null;
      throw cause instanceof ApplicationFailure ? refusal(cause.message) : error;
    } finally {
      this.#growing = false;
    }
  }
}

function refusal(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, failureTypes.invalidInput);
}
