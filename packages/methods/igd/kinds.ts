import { type KindDefinition, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { scoredImages, trainedOnImages } from '../image-kinds.ts';
import { pretrainedField, pretrainedNeeds } from '../pretrained-resnet18.ts';
import { imageFields, seedSchema } from '../spec-fields.ts';
import { trainingFields } from './settings.ts';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
 * flips, losses, optimisers, layout): keys change with it, and nothing old is reused.
 */
export const recipes = {
  /** 2: c, σ and the critic go by the codes that the generator's steps have; with 1 by running statistics, of another network at first. */
  networks: 2,
  /** Of what pretrained weights change of a training, beside the networks'. */
  pretrained: 1,
  residuals: 1,
} as const;

/** Everything that decides trained networks. */
const networksSpecSchema = z.strictObject({
  recipe: z.literal(recipes.networks),
  seed: seedSchema,
  ...trainingFields,
  ...imageFields(),
  /** Weights of the encoder, which stays as it is; absent where it is trained with the rest. */
  pretrained: pretrainedField(recipes.pretrained),
});
export type NetworksSpec = z.infer<typeof networksSpecSchema>;

/** Everything that decides the scores of a set of images. */
const residualsSpecSchema = z.strictObject({
  recipe: z.literal(recipes.residuals),
  /** Key of the trained networks, and their width. */
  networks: sha256Schema,
  width: trainingFields.width,
  ...imageFields(),
});
export type ResidualsSpec = z.infer<typeof residualsSpecSchema>;

/**
 * Files: `weights`, of all networks: the encoder's under torchvision's names behind `encoder.`, `projection`, the decoder's and the critic's
 * under the source's behind `decoder.` and `critic.`; `descriptor` (`centre`: [128], `sigma`: [1]).
 */
export const networksKind: KindDefinition<NetworksSpec> = {
  kind: 'trained-igd',
  ...trainedOnImages,
  schema: networksSpecSchema,
  needs: pretrainedNeeds,
  listing: {
    fields: ['seed', 'epochs'],
    describe: ({ epochs, width, pretrained }) =>
      `IGD of width ${width}, ${epochs} epochs${pretrained === undefined ? '' : ', pretrained'}`,
  },
};

/** Files: `scores` (`igd`, `residual`: [T]), `maps` (`residual`: [T,H,W]). */
export const residualsKind: KindDefinition<ResidualsSpec> = {
  kind: 'scored-igd',
  ...scoredImages,
  schema: residualsSpecSchema,
  needs: ({ networks }) => ({
    networks: { kind: networksKind.kind, key: networks, files: ['weights', 'descriptor'] },
  }),
};
