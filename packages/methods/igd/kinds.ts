import { imageSizes, type KindDefinition, type Need, sha256Schema, weightsNeed } from '@ddad/contract';
import { z } from 'zod';
import { trainingFields } from './settings.ts';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
 * flips, losses, optimisers, layout): keys change with it, and nothing old is reused.
 */
export const recipes = {
  networks: 1,
  /** Of what pretrained weights change of a training, beside the networks'. */
  pretrained: 1,
  residuals: 1,
} as const;

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
  /** Weights of the encoder, which stays as it is; absent where it is trained with the rest. */
  pretrained: z.strictObject({ recipe: z.literal(recipes.pretrained), weights: sha256Schema }).optional(),
});
export type NetworksSpec = z.infer<typeof networksSpecSchema>;

/** Everything that decides the scores of a set of images. */
const residualsSpecSchema = z.strictObject({
  recipe: z.literal(recipes.residuals),
  /** Key of the trained networks, and their width. */
  networks: sha256Schema,
  width: trainingFields.width,
  ...imageFields,
});
export type ResidualsSpec = z.infer<typeof residualsSpecSchema>;

/**
 * Files: `weights`, of all networks: the encoder's under torchvision's names behind `encoder.`, `projection`, the decoder's and the critic's
 * under the source's behind `decoder.` and `critic.`; `descriptor` (`centre`: [128], `sigma`: [1]).
 */
export const networksKind: KindDefinition<NetworksSpec> = {
  kind: 'trained-igd',
  pool: 'train',
  schema: networksSpecSchema,
  needs: ({ pretrained }): Record<string, Need> =>
    pretrained === undefined ? {} : { pretrained: weightsNeed(pretrained.weights) },
  reads: { pixels: true },
  leastImages: ({ batchSize }) => batchSize,
  trains: true,
  listing: {
    fields: ['seed', 'epochs'],
    describe: ({ epochs, width, pretrained }) =>
      `IGD of width ${width}, ${epochs} epochs${pretrained === undefined ? '' : ', pretrained'}`,
  },
};

/** Files: `scores` (`igd`, `residual`: [T]), `maps` (`residual`: [T,H,W]). */
export const residualsKind: KindDefinition<ResidualsSpec> = {
  kind: 'scored-igd',
  pool: 'score',
  schema: residualsSpecSchema,
  needs: ({ networks }) => ({
    networks: { kind: networksKind.kind, key: networks, files: ['weights', 'descriptor'] },
  }),
  reads: { pixels: true },
  leastImages: () => 1,
};
