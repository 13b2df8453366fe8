import type { RunProgress } from '@ddad/contract';
import type { TimeLeft } from '@ddad/runs';

/**
 * How much of a run is done, 0 to 1: of its jobs, each by the seconds that it is expected to take, or all alike where that is not
 * known of every one. Zero while it is planned.
 */
export function shareOf({ nodes }: Pick<RunProgress, 'nodes'>): number {
  const known = nodes.every(({ expectedSeconds }) => expectedSeconds !== undefined);
  let [done, whole] = [0, 0];
  for (const { expectedSeconds, state, done: units, total } of nodes) {
    const weight = known ? expectedSeconds! : 1;
    whole += weight;
    done += weight * (state === 'finished' ? 1 : total > 0 ? Math.min(1, units / total) : 0);
  }
  return whole > 0 ? done / whole : 0;
}

/** How fast a share of a whole grows, from when it was seen first. */
export class SharePace {
  #first: { at: number; share: number } | null = null;

  /**
   * @param share 0 to 1
   * @param now in milliseconds
   * @returns until all is done; null until it was seen to grow
   */
  left(share: number, now: number): TimeLeft | null {
    this.#first ??= { at: now, share };
    const grown = share - this.#first.share;
    const seconds = (now - this.#first.at) / 1000;
    return grown > 0 && seconds > 0 ? { seconds: ((1 - share) / grown) * seconds, atLeast: false } : null;
  }
}
