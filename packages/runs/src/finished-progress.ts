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
  loss: null,
  worker: null,
  reused: false,
} as const satisfies Partial<NodeProgress>;

/**
 * What the `progress` query of a finished run would answer, from its result, for when nobody answers it any more. How many
 * epochs there were is not in it: jobs count as one of one. Results from before they listed their nodes say no kinds.
 */
export function finishedProgress(result: RunResult): RunProgress {
  const { members, deviations = [] } = result;
  const byKey = new Map(members.map((member) => [member.key, member]));
  return {
    stage: finishedStage,
    stages: [planningStage, finishedStage],
    input: null,
    deviations,
    nodes: (result.nodes ?? nodesOf(result)).map(({ id, kind, key, unit }): NodeProgress => {
      const common = { ...finished, id, kind, key, unit };
      const member = byKey.get(key);
      if (member === undefined) return { ...common, madeBy: 'scorer' };
      const { role, index, seed, loss, trainer, reused } = member;
      return { ...common, madeBy: 'trainer', loss, worker: trainer, reused, member: { role, index, seed } };
    }),
    updatedAt: null,
  };
}

/** What a result without nodes tells of them: keys alone. */
function nodesOf({ members, artifacts }: RunResult): NonNullable<RunResult['nodes']> {
  const kind = '';
  const unit = 'epoch';
  return [
    ...members.map(({ role, index, key }) => ({ id: `member ${role} ${index}`, kind, key, unit }) as const),
    ...Object.entries(artifacts).flatMap(([id, key]) =>
      key === null ? [] : [{ id, kind, key, unit } as const],
    ),
  ];
}
