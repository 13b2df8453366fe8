import type { KindDefinition } from '@ddad/contract';

/** What kinds have in common that are trained on images: there have to be enough of them for a batch. */
export const trainedOnImages = {
  pool: 'train',
  reads: { pixels: true },
  leastImages: ({ batchSize }: { batchSize: number }) => batchSize,
  trains: true,
} as const satisfies Partial<KindDefinition<{ batchSize: number }>>;

/** What kinds have in common that are scores of images. */
export const scoredImages = {
  pool: 'score',
  reads: { pixels: true },
  leastImages: () => 1,
} as const satisfies Partial<KindDefinition>;
