import type { ScoreDefinition } from '@ddad/contract';

/** Above whatever the residual's map gives (`withReductions` puts its `top` above all means): the score is the latent error. */
const main = 2000;

export const ganomalyScores: readonly ScoreDefinition[] = [
  {
    name: 'latentError',
    symbol: { letter: 'A', index: 'z' },
    meaning: 'mean squared difference of the latent codes of the image and of its reconstruction',
    map: false,
    rank: main,
  },
  {
    name: 'residual',
    symbol: { letter: 'A', index: 'x' },
    meaning: 'absolute difference of the image and its reconstruction',
    map: true,
    rank: 0,
  },
];
