import { type KindDefinition, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { sides, trainingFields } from './settings.ts';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
 * loss, optimiser, layout): keys change with it, and nothing old is reused.
 */
export const recipes = { generator: 1, scores: 1 } as const;

/** Which images an artifact is about, and their size. */
const imageFields = {
  /** SHA-256 over the pixels in order. */
  imagesDigest: sha256Schema,
  /** Side of the square images in pixels. */
  imageSize: z.int().refine((side) => sides.some((size) => size === side), `expected ${sides.join(' or ')}`),
};

/** Everything that decides a trained generator. */
const generatorSpecSchema = z.strictObject({
  recipe: z.literal(recipes.generator),
  /** A derived seed. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 48 - 1),
  ...trainingFields,
  ...imageFields,
});
export type GeneratorSpec = z.infer<typeof generatorSpecSchema>;

/** Everything that decides the scores of a set of images. */
const scoresSpecSchema = z.strictObject({
  recipe: z.literal(recipes.scores),
  /** Key of the trained generator. */
  generator: sha256Schema,
  ...imageFields,
});
export type ScoresSpec = z.infer<typeof scoresSpecSchema>;

/** File: `weights`, the generator's (both encoders and the decoder) under MedIAnomaly's names; the discriminator is not kept. */
export const generatorKind: KindDefinition<GeneratorSpec> = {
  kind: 'trained-ganomaly',
  pool: 'train',
  schema: generatorSpecSchema,
  needs: () => ({}),
  reads: { pixels: true },
  leastImages: ({ batchSize }) => batchSize,
  trains: true,
  listing: {
    fields: ['seed', 'epochs'],
    describe: ({ epochs, batchSize }) => `GANomaly, ${epochs} epochs of ${batchSize} images a step`,
  },
};

/** Files: `scores` (`latentError`, `residual`: [T]), `maps` (`residual`: [T,H,W]). */
export const scoresKind: KindDefinition<ScoresSpec> = {
  kind: 'scored-ganomaly',
  pool: 'score',
  schema: scoresSpecSchema,
  needs: ({ generator }) => ({ generator: { kind: generatorKind.kind, key: generator, files: ['weights'] } }),
  reads: { pixels: true },
  leastImages: () => 1,
};
