import type { ScoreDefinition } from '@ddad/contract';

/** The one score; of its reductions the source's own is `peak`, the highest mean of a window of 21 of 256 pixels. */
export const draemScores: readonly ScoreDefinition[] = [
  {
    name: 'probability',
    symbol: { letter: 'P', index: '' },
    meaning: 'probability of an anomaly, as the segmentation of image and reconstruction has it',
    map: true,
    main: 'peak',
    rank: 0,
  },
];
