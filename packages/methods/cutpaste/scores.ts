import type { ScoreDefinition } from '@ddad/contract';

/** The one score: of whole images, without a map. */
export const cutPasteScores: readonly ScoreDefinition[] = [
  {
    name: 'mahalanobis',
    symbol: { letter: 'd', index: 'M' },
    meaning: "Mahalanobis distance of the image's features from those of the normal training images",
    map: false,
    rank: 0,
  },
];
