import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { BootstrapSettings } from './paired-bootstrap.ts';

/** Enough for intervals of a tenth of a point. */
export const usualResamples = 2000;
const seed = 1;

/** 95 % intervals by the same draws every time: what is made again gives the same figures. Of one use. */
export function usualBootstrap(resamples = usualResamples): BootstrapSettings {
  const generator = xoroshiro128plus(seed);
  return { resamples, confidence: 0.95, integer: (below) => uniformInt(generator, 0, below - 1) };
}
