import type { ScoreDefinition } from '@ddad/contract';

/** The one score of these methods, with its map. With unlabeled images patches come from these, too. */
export const oneStageScores = ({ unlabeled }: { unlabeled: number }): ScoreDefinition[] => [
  {
    name: 'predicted',
    symbol: { letter: 'p', index: '' },
    meaning: 'label that the network predicts at each pixel, having learned to find synthetic anomalies',
    map: true,
    ...(unlabeled > 0 ? { learnsUnlabeled: true as const } : {}),
    rank: 0,
  },
];
