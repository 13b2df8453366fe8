import type { Collapse } from '@ddad/jobs/training';

/** Below this mean loss of an epoch the source takes the discriminator for one that nothing teaches any more, and draws it anew. */
export const drawnAgainBelow = 1e-5;

/**
 * What the source's remedy does not mend. A discriminator that wins in almost every second epoch, though it was drawn anew in those
 * between, teaches the generator in none: an epoch that begins with a new one has a higher loss, whatever comes of it. One whose
 * features do not differ between images and reconstructions, which look nothing alike to begin with, has died: its ReLUs are closed for
 * all images, where no gradient opens them; then the generator is a plain autoencoder. And one that is wrong with confidence, far
 * beyond the ln 2 = 0.69 of one that knows nothing, has run away, as with too high a learning rate, and the generator behind it.
 */
export const collapses: readonly Collapse[] = [
  {
    who: 'discriminator',
    figure: 'discriminator',
    meaning: 'its mean loss',
    below: drawnAgainBelow,
    times: 8,
    of: 20,
  },
  {
    who: 'discriminator',
    figure: 'discriminator',
    meaning: 'its mean loss, of which 0.69 is chance,',
    above: 5,
    times: 5,
    of: 10,
  },
  {
    who: 'discriminator',
    figure: 'generator.adversarial',
    meaning: 'the mean squared difference of its features of images and reconstructions',
    below: 1e-12,
    times: 3,
    of: 3,
  },
];
