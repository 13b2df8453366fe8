import { type KindDefinition, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { scoredImages, trainedOnImages } from '../image-kinds.ts';
import { imageFields, seedSchema } from '../spec-fields.ts';
import { sides, trainingFields } from './settings.ts';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
 * loss, optimiser, layout): keys change with it, and nothing old is reused.
 */
export const recipes = { generator: 1, scores: 1 } as const;

/** Everything that decides a trained generator. */
const generatorSpecSchema = z.strictObject({
  recipe: z.literal(recipes.generator),
  seed: seedSchema,
  ...trainingFields,
  ...imageFields(sides),
});
export type GeneratorSpec = z.infer<typeof generatorSpecSchema>;

/** Everything that decides the scores of a set of images. */
const scoresSpecSchema = z.strictObject({
  recipe: z.literal(recipes.scores),
  /** Key of the trained generator. */
  generator: sha256Schema,
  ...imageFields(sides),
});
export type ScoresSpec = z.infer<typeof scoresSpecSchema>;

/** File: `weights`, the generator's (both encoders and the decoder) under MedIAnomaly's names; the discriminator is not kept. */
export const generatorKind: KindDefinition<GeneratorSpec> = {
  kind: 'trained-ganomaly',
  ...trainedOnImages,
  schema: generatorSpecSchema,
  needs: () => ({}),
  listing: {
    fields: ['seed', 'epochs'],
    describe: ({ epochs, batchSize }) => `GANomaly, ${epochs} epochs of ${batchSize} images a step`,
  },
};

/** Files: `scores` (`latentError`, `residual`: [T]), `maps` (`residual`: [T,H,W]). */
export const scoresKind: KindDefinition<ScoresSpec> = {
  kind: 'scored-ganomaly',
  ...scoredImages,
  schema: scoresSpecSchema,
  needs: ({ generator }) => ({ generator: { kind: generatorKind.kind, key: generator, files: ['weights'] } }),
};
