import type { RunResult, Sharing } from '@ddad/contract';

/**
 * Members that finished runs made, each once however many runs use it: one counts as made where any of them wanted it
 * before it was published.
 */
export function sharedMembers(results: readonly Pick<RunResult, 'members'>[]): Sharing {
  const all = results.flatMap(({ members }) => members);
  const made = new Set(all.filter(({ reused }) => !reused).map(({ key }) => key));
  return { made: made.size, naive: all.length };
}

/**
 * The same of refiners.
 * @param before keys of those that were published before the experiment
 */
export function sharedRefiners(
  results: readonly Pick<RunResult, 'artifacts'>[],
  before: readonly string[],
): Sharing {
  const all = results
    .flatMap(({ artifacts: { rIntra, rDual } }) => [rIntra, rDual])
    .filter((key) => key !== null);
  const made = new Set(all.filter((key) => !before.includes(key)));
  return { made: made.size, naive: all.length };
}
