import { imageSizes, type KindDefinition, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { trainingFields } from './settings.ts';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
 * simulated anomalies, loss, optimiser, layout): keys change with it, and nothing old is reused.
 */
export const recipes = { networks: 1, probabilities: 1 } as const;

/** Which images an artifact is about, and their size. */
const imageFields = {
  /** SHA-256 over the pixels in order. */
  imagesDigest: sha256Schema,
  /** Side of the square images in pixels. */
  imageSize: z
    .int()
    .refine((side) => imageSizes.some((size) => size === side), `expected ${imageSizes.join(' or ')}`),
};

/** Everything that decides trained networks. */
const networksSpecSchema = z.strictObject({
  recipe: z.literal(recipes.networks),
  /** A derived seed. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 48 - 1),
  ...trainingFields,
  ...imageFields,
});
export type NetworksSpec = z.infer<typeof networksSpecSchema>;

/** Everything that decides the probabilities of a set of images. */
const probabilitiesSpecSchema = z.strictObject({
  recipe: z.literal(recipes.probabilities),
  /** Key of the trained networks, and their width. */
  networks: sha256Schema,
  width: trainingFields.width,
  ...imageFields,
});
export type ProbabilitiesSpec = z.infer<typeof probabilitiesSpecSchema>;

/** File: `weights`, both networks' under the source's names. */
export const networksKind: KindDefinition<NetworksSpec> = {
  kind: 'trained-draem',
  pool: 'train',
  schema: networksSpecSchema,
  needs: () => ({}),
  reads: { pixels: true },
  leastImages: ({ batchSize }) => batchSize,
  trains: true,
  listing: {
    fields: ['seed', 'epochs'],
    describe: ({ epochs, width }) => `DRAEM of width ${width}, ${epochs} epochs`,
  },
};

/** Files: `scores` (`probability`: [T]), `maps` (`probability`: [T,H,W]). */
export const probabilitiesKind: KindDefinition<ProbabilitiesSpec> = {
  kind: 'scored-draem',
  pool: 'score',
  schema: probabilitiesSpecSchema,
  needs: ({ networks }) => ({ networks: { kind: networksKind.kind, key: networks, files: ['weights'] } }),
  reads: { pixels: true },
  leastImages: () => 1,
};
