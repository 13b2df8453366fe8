import { type KindDefinition, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { scoredImages, trainedOnImages } from '../image-kinds.ts';
import { imageFields, learningRateSchema, seedSchema } from '../spec-fields.ts';
import { sides, stepsSchema, trainingFields } from './settings.ts';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
 * loss, optimiser, layout): keys change with it, and nothing old is reused.
 */
export const recipes = { gan: 1, encoder: 1, scores: 1 } as const;

/** Everything that decides a trained GAN. */
const ganSpecSchema = z.strictObject({
  recipe: z.literal(recipes.gan),
  seed: seedSchema,
  ...trainingFields,
  /** Of the generator; the critic has five times as many. */
  steps: stepsSchema,
  learningRate: learningRateSchema,
  ...imageFields(sides),
});
export type GanSpec = z.infer<typeof ganSpecSchema>;

/** Everything that decides a trained encoder. */
const encoderSpecSchema = z.strictObject({
  recipe: z.literal(recipes.encoder),
  seed: seedSchema,
  /** Key of the GAN that it inverts. */
  gan: sha256Schema,
  ...trainingFields,
  steps: stepsSchema,
  learningRate: learningRateSchema,
  ...imageFields(sides),
});
export type EncoderSpec = z.infer<typeof encoderSpecSchema>;

/** Everything that decides the scores of a set of images. */
const scoresSpecSchema = z.strictObject({
  recipe: z.literal(recipes.scores),
  /** Keys of the GAN and of its encoder, and their width. */
  gan: sha256Schema,
  encoder: sha256Schema,
  width: trainingFields.width,
  ...imageFields(sides),
});
export type ScoresSpec = z.infer<typeof scoresSpecSchema>;

/** File: `weights`, the generator's and the critic's. */
export const ganKind: KindDefinition<GanSpec> = {
  kind: 'trained-fanogan',
  ...trainedOnImages,
  schema: ganSpecSchema,
  needs: () => ({}),
  listing: {
    fields: ['seed', 'steps'],
    describe: ({ steps, width }) => `f-AnoGAN’s GAN of width ${width}, ${steps} steps of the generator`,
  },
};

const gan = (key: string) => ({ kind: ganKind.kind, key, files: ['weights'] });

/** File: `weights`, the encoder's. */
export const encoderKind: KindDefinition<EncoderSpec> = {
  kind: 'trained-fanogan-encoder',
  ...trainedOnImages,
  schema: encoderSpecSchema,
  needs: (spec) => ({ gan: gan(spec.gan) }),
  listing: {
    fields: ['seed', 'steps'],
    describe: ({ steps, width }) => `f-AnoGAN’s encoder of width ${width}, ${steps} steps`,
  },
};

/** Files: `scores` (`izif`, `residual`: [T]), `maps` (`residual`: [T,H,W]). */
export const scoresKind: KindDefinition<ScoresSpec> = {
  kind: 'scored-fanogan',
  ...scoredImages,
  schema: scoresSpecSchema,
  needs: (spec) => ({
    gan: gan(spec.gan),
    encoder: { kind: encoderKind.kind, key: spec.encoder, files: ['weights'] },
  }),
};
