import {
  finishedStage,
  type NodeProgress,
  planningStage,
  type RunProgress,
  type RunResult,
} from '@ddad/contract';

/** Of every node: how many units there were is not in the result. */
const finished = {
  done: 1,
  total: 1,
  imagesPerSecond: 0,
  state: 'finished',
  stage: finishedStage,
  unit: 'epoch',
  // The result lists keys alone: see `RunTracker.recall`.
  kind: '',
} as const satisfies Partial<NodeProgress>;

/**
 * What the `progress` query of a finished run would answer, from its result, for when nobody answers it any more. How many
 * epochs there were, and the kinds of the artifacts, are not in it: jobs count as one of one, and their kind is empty.
 */
export function finishedProgress({ members, artifacts }: RunResult): RunProgress {
  return {
    stage: finishedStage,
    stages: [planningStage, finishedStage],
    input: null,
    nodes: [
      ...members.map(
        ({ role, index, seed, key, loss, trainer, reused }): NodeProgress => ({
          ...finished,
          id: `member ${role} ${index}`,
          key,
          madeBy: 'trainer',
          loss,
          worker: trainer,
          reused,
          member: { role, index, seed },
        }),
      ),
      ...Object.entries(artifacts).flatMap(([id, key]): NodeProgress[] =>
        key === null
          ? []
          : [{ ...finished, id, key, madeBy: 'scorer', loss: null, worker: null, reused: false }],
      ),
    ],
    updatedAt: null,
  };
}
