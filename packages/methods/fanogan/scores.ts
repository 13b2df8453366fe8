import { type ScoreDefinition, sourceRank } from '@ddad/contract';

export const fanoganScores: readonly ScoreDefinition[] = [
  {
    name: 'izif',
    symbol: { letter: 'A', index: 'izi_f' },
    meaning:
      'mean squared difference of the image and what the generator makes of its code, and that of the critic’s features of both',
    map: false,
    rank: sourceRank,
  },
  {
    name: 'residual',
    symbol: { letter: 'A', index: 'R' },
    meaning: 'absolute difference of the image and what the generator makes of its code',
    map: true,
    rank: 0,
  },
];
