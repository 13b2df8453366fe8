import type { JobProgress, RunProgress, RunResult } from '@ddad/contract';

/**
 * What the `progress` query of a finished run would answer, from its result, for when nobody answers it any more. How many
 * epochs there were is not in it: jobs count as one of one.
 */
export function finishedProgress({ members, artifacts }: RunResult): RunProgress {
  const finished = {
    done: 1,
    total: 1,
    imagesPerSecond: 0,
    state: 'finished',
  } satisfies Partial<JobProgress>;
  return {
    stage: 'finished',
    input: null,
    members: members.map(({ role, index, seed, key, loss, trainer }) => ({
      ...finished,
      role,
      index,
      seed,
      key,
      loss,
      worker: trainer,
    })),
    maps: artifacts.maps,
    refiners: [
      { input: 'intra' as const, key: artifacts.rIntra },
      { input: 'dual' as const, key: artifacts.rDual },
    ].flatMap(({ input, key }) => (key === null ? [] : [{ input, key }])),
    updatedAt: null,
  };
}
