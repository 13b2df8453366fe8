import type { Collapse } from '@ddad/jobs/training';

/**
 * What tells that a WGAN-GP no longer learns, though all figures are finite. The penalty holds the norm of the critic's slopes near 1: a
 * critic that is next to flat tells the generator nothing, one that is steep has run away from its penalty. A generator that has
 * collapsed makes one image of all codes: its batches differ by less than a grey level (2/255) in the mean of the pixels.
 */
export const collapses: readonly Collapse[] = [
  {
    who: 'critic',
    figure: 'critic.norm',
    meaning: 'the mean norm of its slopes, which the gradient penalty holds near 1,',
    below: 0.05,
    above: 20,
    times: 3,
    of: 3,
  },
  {
    who: 'generator',
    figure: 'generator.spread',
    meaning: 'the mean deviation between the images that it makes of different codes',
    below: 2 / 255,
    times: 3,
    of: 3,
  },
];
