import type { RunResult } from '@ddad/contract';

/**
 * What trainings beside the members' diverged and were made with another seed, in words:
 * `networks diverged with seed 6 and was trained with seed 7 instead`. Members tell theirs themselves.
 */
export function divergedTrainings({ nodes = [] }: Pick<RunResult, 'nodes'>): string[] {
  return nodes.flatMap(({ id, divergedSeed, seed }) =>
    divergedSeed === undefined
      ? []
      : [`${id} diverged with seed ${divergedSeed} and was trained with seed ${seed} instead`],
  );
}
