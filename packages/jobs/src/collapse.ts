import { ChildFault } from './child-fault.ts';
import type { EpochFigures } from './epoch-figures.ts';

/**
 * A sign that one network of an adversarial training no longer teaches the other, though all figures are finite: a mean of an
 * epoch beyond a bound, in several epochs, as any of them may have a bad one.
 */
export interface Collapse {
  /** The network, for people: `critic`. */
  who: string;
  /** Name of the figure: `critic`, its loss, or `critic.norm`, a watched scalar. */
  figure: string;
  /** What the figure is, for people: `the mean norm of its slopes`. */
  meaning: string;
  /** The figure of a collapsed network is less than this ... */
  below?: number;
  /** ... or more than this. */
  above?: number;
  /** In how many of the last `of` epochs that have the figure. */
  times: number;
  of: number;
}

/** What is wrong with a figure; null where nothing is. */
function beyond({ below, above }: Collapse, value: number): string | null {
  if (below !== undefined && value < below) return `below ${below}`;
  if (above !== undefined && value > above) return `above ${above}`;
  return null;
}

/**
 * @param figures of all epochs so far
 * @throws ChildFault `diverged` that names the network, the figure, its last value and the bound
 */
export function assertNoCollapse(figures: readonly EpochFigures[], collapses: readonly Collapse[]): void {
  for (const collapse of collapses) {
    const { who, figure, meaning, times, of } = collapse;
    const values = figures.flatMap((means) => means[figure] ?? []).slice(-of);
    const last = values.at(-1);
    const bound = last === undefined ? null : beyond(collapse, last);
    // Whoever is well now goes on, whatever was before.
    if (last === undefined || bound === null) continue;
    const count = values.filter((value) => beyond(collapse, value) !== null).length;
    if (count < times) continue;
    throw new ChildFault(
      'diverged',
      `the ${who} collapsed: ${meaning} was ${bound} in ${count} of the last ${values.length} epochs, ` +
        `at last ${last.toPrecision(3)} (epoch ${figures.length})`,
    );
  }
}
