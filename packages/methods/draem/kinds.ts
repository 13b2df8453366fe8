import { type KindDefinition, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { scoredImages, trainedOnImages } from '../image-kinds.ts';
import { imageFields, seedSchema } from '../spec-fields.ts';
import { trainingFields } from './settings.ts';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
 * simulated anomalies, loss, optimiser, layout): keys change with it, and nothing old is reused.
 */
export const recipes = { networks: 1, probabilities: 1 } as const;

/** Everything that decides trained networks. */
const networksSpecSchema = z.strictObject({
  recipe: z.literal(recipes.networks),
  seed: seedSchema,
  ...trainingFields,
  ...imageFields(),
});
export type NetworksSpec = z.infer<typeof networksSpecSchema>;

/** Everything that decides the probabilities of a set of images. */
const probabilitiesSpecSchema = z.strictObject({
  recipe: z.literal(recipes.probabilities),
  /** Key of the trained networks, and their width. */
  networks: sha256Schema,
  width: trainingFields.width,
  ...imageFields(),
});
export type ProbabilitiesSpec = z.infer<typeof probabilitiesSpecSchema>;

/** File: `weights`, both networks' under the source's names. */
export const networksKind: KindDefinition<NetworksSpec> = {
  kind: 'trained-draem',
  ...trainedOnImages,
  schema: networksSpecSchema,
  needs: () => ({}),
  listing: {
    fields: ['seed', 'epochs'],
    describe: ({ epochs, width }) => `DRAEM of width ${width}, ${epochs} epochs`,
  },
};

/** Files: `scores` (`probability`: [T]), `maps` (`probability`: [T,H,W]). */
export const probabilitiesKind: KindDefinition<ProbabilitiesSpec> = {
  kind: 'scored-draem',
  ...scoredImages,
  schema: probabilitiesSpecSchema,
  needs: ({ networks }) => ({ networks: { kind: networksKind.kind, key: networks, files: ['weights'] } }),
};
