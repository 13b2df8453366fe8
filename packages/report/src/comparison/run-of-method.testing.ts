import { auc, averagePrecision } from '@ddad/anomaly';
import type { RunResult } from '@ddad/contract';
import { withReductions } from '@ddad/contract';
import { methods } from '@ddad/methods';
import { syntheticRun } from '../synthetic-run.testing.ts';
import type { ScoredRun } from './compare-runs.ts';

const { result } = syntheticRun({ normal: 2, abnormal: 2, side: 8 });

/**
 * A finished run of a method that ships, as its files tell of it.
 * @param scores of the test images, by name; images are called by their places
 */
export function runOfMethod(
  method: string,
  labels: readonly (0 | 1)[],
  scores: Readonly<Record<string, ArrayLike<number>>>,
  more: Partial<RunResult> = {},
): ScoredRun {
  const parsed = methods.parseRunInput({ dataset: 'discs', method });
  if ('faults' in parsed) throw new Error(parsed.faults[0]?.message);
  const definitions = withReductions(methods.method(method).scores(parsed.input));
  const separations = Object.entries(scores).map(([name, values]) => {
    const own = Array.from(values);
    return [name, { auc: auc(own, labels), ap: averagePrecision(own, labels) }] as const;
  });
  return {
    result: {
      ...result,
      method,
      input: parsed.input,
      definitions,
      members: method === result.method ? result.members : [],
      scores: Object.fromEntries(separations),
      ...more,
    },
    definitions,
    description: method,
    images: labels.map((label, image) => ({
      image: String(image),
      label,
      scores: Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, values[image]!])),
    })),
  };
}
