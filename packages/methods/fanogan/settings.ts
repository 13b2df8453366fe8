import { commonFields, countSchema, type RunSettings } from '@ddad/contract';
import { z } from 'zod';
import { batchSizeOf } from '../batch-size.ts';
import { learningRateSchema, normalisedBatchSchema } from '../spec-fields.ts';

/** Sides of images that the networks take: the source's. */
export const sides = [64] as const;

/** Steps of the critic before each of the generator. */
export const criticTurns = 5;

/** Settings of the source, tSchlegl/f-AnoGAN, which trains its GAN by epochs, of a far larger dataset than those here. */
export const source = {
  width: 64,
  batchSize: 64,
  ganEpochs: 7,
  encoderSteps: 50_000,
  /** Of the GAN's Adams, and of the encoder's RMSProp. */
  learningRate: 1e-4,
  encoderLearningRate: 5e-5,
} as const;

/**
 * Steps of the generator by default, a budget of ours: with them go 15,000 of the critic, as many as 250 epochs of the paper's RSNA images
 * make in the source's batches.
 */
const generatorSteps = 3000;

/** What both trainings follow from: shared by settings and specifications. */
export const trainingFields = {
  /** Channels of the maps nearest to the image; all others are multiples of it. */
  width: countSchema(256),
  /** Images a step. */
  batchSize: normalisedBatchSchema,
};
export const stepsSchema = countSchema(1_000_000);

export const fanoganSchema = z.strictObject({
  ...commonFields,
  width: trainingFields.width.default(16),
  batchSize: trainingFields.batchSize.default(16),
  // At a quarter of the source's width and batch 100 minutes of a processor core (2 s for each, with the critic's five, measured).
  generatorSteps: stepsSchema.default(generatorSteps),
  // A fifth of the source's.
  encoderSteps: stepsSchema.default(10_000),
  learningRate: learningRateSchema.default(source.learningRate),
  encoderLearningRate: learningRateSchema.default(source.encoderLearningRate),
});

/** With all defaults filled in. */
export type FanoganSettings = RunSettings & z.output<typeof fanoganSchema>;

/** The batch size, where it could be read. */
export const batchSizes = batchSizeOf(fanoganSchema.shape.batchSize);
