import { type AxisValues, type Separation, seedAxis } from '@ddad/contract';
import type { TableCell, TabledRun } from './experiment-table.ts';

/** A figure over seeds. */
export interface SpreadOverSeeds {
  mean: number;
  /** Standard deviation, dividing by their number − 1; null of one seed alone. */
  std: number | null;
  /** How many seeds. */
  n: number;
}

/**
 * Mean and standard deviation of a figure over seeds. The deviation divides by n − 1: seeds are a sample of all there could be.
 * @throws RangeError without values
 * @example spreadOverSeeds([0.25, 0.5, 0.75]) // { mean: 0.5, std: 0.25, n: 3 }
 */
export function spreadOverSeeds(values: readonly number[]): SpreadOverSeeds {
  const n = values.length;
  if (n === 0) throw new RangeError('expected the figure of at least one seed, got none');
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: n === 1 ? null : Math.sqrt(squares / (n - 1)), n };
}

/** Runs that differ in nothing but their seed. */
export interface SeedGroup<Run> {
  /** Values of the other axes. */
  axes: AxisValues;
  /** In the order of their seeds. */
  runs: Run[];
}

/** Groups of runs that differ in nothing but their seed, in the order of their first ones; a group a run where no axis is `seed`. */
export function bySeeds<Run extends { axes: AxisValues }>(runs: readonly Run[]): SeedGroup<Run>[] {
  const groups = new Map<string, SeedGroup<Run>>();
  for (const [place, run] of runs.entries()) {
    const { [seedAxis]: seed, ...axes } = run.axes;
    // Runs without seeds are never the same but for them.
    const name = seed === undefined ? String(place) : JSON.stringify(Object.values(axes));
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { axes, runs: [run] });
    else group.runs.push(run);
  }
  return [...groups.values()];
}

/** AUC and AP of a run; where it was made with several seeds, the spread over those that have them; null where none has. */
export function separationCell(
  { results }: TabledRun,
  of: (result: TabledRun['results'][number]) => Pick<Separation, 'auc' | 'ap'> | undefined,
): TableCell {
  const found = results.flatMap((result) => of(result) ?? []);
  const [first] = found;
  if (first === undefined) return null;
  if (results.length === 1) return first;
  return {
    auc: spreadOverSeeds(found.map(({ auc }) => auc)),
    ap: spreadOverSeeds(found.map(({ ap }) => ap)),
  };
}
