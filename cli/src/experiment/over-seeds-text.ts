import { type AxisValues, seedAxis } from '@ddad/contract';
import { bySeeds } from '@ddad/methods';
import { plural } from '../figures.ts';

/**
 * What figures over seeds are: `Means ± standard deviations (n − 1) over 3 seeds.`; null where seeds are no axis of the runs,
 * or one alone finished.
 */
export function overSeedsText(runs: readonly { axes: AxisValues }[]): string | null {
  if (!runs.some(({ axes }) => axes[seedAxis] !== undefined)) return null;
  const counts = bySeeds(runs).map(({ runs: seeds }) => seeds.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most < 2) return null;
  const seeds = least === most ? plural(most, 'seed') : `${least} to ${plural(most, 'seed')}`;
  return `Means ± standard deviations (n − 1) over ${seeds}.`;
}
