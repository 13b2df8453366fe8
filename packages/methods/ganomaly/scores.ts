import { type ScoreDefinition, sourceRank } from '@ddad/contract';

export const ganomalyScores: readonly ScoreDefinition[] = [
  {
    name: 'latentError',
    symbol: { letter: 'A', index: 'z' },
    meaning: 'mean squared difference of the latent codes of the image and of its reconstruction',
    map: false,
    rank: sourceRank,
  },
  {
    name: 'residual',
    symbol: { letter: 'A', index: 'x' },
    meaning: 'absolute difference of the image and its reconstruction',
    map: true,
    rank: 0,
  },
];
