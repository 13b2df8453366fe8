import type { ScoreDefinition } from '@ddad/contract';

/** The one score of these methods, with its map. */
export const oneStageScores: readonly ScoreDefinition[] = [
  {
    name: 'predicted',
    symbol: { letter: 'p', index: '' },
    meaning: 'label that the network predicts at each pixel, having learned to find synthetic anomalies',
    map: true,
    rank: 0,
  },
];
