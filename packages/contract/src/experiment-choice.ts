import type { ResolvedExperimentInput } from './experiment-input.ts';
import type { Fault } from './fault.ts';

/**
 * What an experiment's choice is among: the combinations of its axes, each judged by its run's main score; or the scores of the
 * runs as well.
 */
export const choiceModes = ['axes', 'scores'] as const;
export type ChoiceMode = (typeof choiceModes)[number];

/** The axis whose values are repetitions of one and the same run. */
export const seedAxis = 'seed';

/** Fields that decide which images a choice is made by. */
const imageFields = ['dataset', 'unlabeled', 'anomalousRate', 'calibration'];

/** What of an experiment's axes keeps it from being chosen from; nothing where no choice is wanted. */
export function choiceFaults({
  axes,
  runs = {},
  choose,
}: Pick<ResolvedExperimentInput, 'axes' | 'runs' | 'choose'>): Fault[] {
  if (choose === undefined) return [];
  const names = Object.keys(axes);
  const inRuns = Object.entries(runs).flatMap(([run, fields]) =>
    Object.keys(fields)
      .filter((field) => imageFields.includes(field))
      .map((field): Fault => ({ path: `runs.${run}.${field}`, message: sameImages('field', field) })),
  );
  const faults = names
    .filter((name) => imageFields.includes(name))
    .map((name): Fault => ({ path: `axes.${name}`, message: sameImages('axis', name) }));
  const seeds = Object.entries(runs)
    .filter(([, fields]) => Object.hasOwn(fields, seedAxis))
    .map(
      ([run]): Fault => ({
        path: `runs.${run}.${seedAxis}`,
        message:
          'expected seeds as an axis where one of the runs is to be chosen: they are averaged, never chosen',
      }),
    );
  faults.push(...inRuns, ...seeds);
  if (
    choose === 'axes' &&
    Object.keys(runs).length < 2 &&
    !Object.entries(axes).some(([name, values]) => name !== seedAxis && values.length > 1)
  ) {
    faults.push({
      path: 'axes',
      message: `expected two values of an axis other than ${seedAxis} to choose from (or "choose": "scores", for the best score), got ${names.length === 0 ? 'no axes' : names.join(', ')}`,
    });
  }
  return faults;
}

/** @param what there should be none of */
const sameImages = (what: 'axis' | 'field', name: string) =>
  `expected no such ${what} where one of the runs is to be chosen: they are compared over the same images, which ${name} decides`;
