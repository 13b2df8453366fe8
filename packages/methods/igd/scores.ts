import { type ScoreDefinition, sourceRank } from '@ddad/contract';

export const igdScores: readonly ScoreDefinition[] = [
  {
    name: 'igd',
    symbol: { letter: 'S', index: 'IGD' },
    meaning: 'half of how unlike image and reconstruction are, half of how far the code lies from the centre',
    map: false,
    rank: sourceRank,
  },
  {
    name: 'residual',
    symbol: { letter: 'A', index: 'res' },
    meaning:
      'structural dissimilarity and absolute difference of image and reconstruction, over several scales',
    map: true,
    rank: 0,
  },
];
