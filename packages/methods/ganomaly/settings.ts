import { commonFields, countSchema, type RunSettings } from '@ddad/contract';
import { z } from 'zod';
import { batchSizeOf } from '../batch-size.ts';
import { learningRateSchema } from '../spec-fields.ts';

/** Settings of the source, MedIAnomaly's GANomaly, which is made for 64 px. */
export const source = { imageSize: 64, epochs: 250, batchSize: 64, learningRate: 0.001 } as const;

/** Sides of images that the networks are proven at; the source is made for the first. */
export const sides = [64, 128] as const;

/** What the training follows from: shared by settings and specification. */
export const trainingFields = {
  epochs: countSchema(100_000),
  /** Images a step; the last incomplete batch of an epoch is dropped. */
  batchSize: countSchema(4096),
  /** Adam's, of both networks. */
  learningRate: learningRateSchema,
};

export const ganomalySchema = z.strictObject({
  ...commonFields,
  epochs: trainingFields.epochs.default(source.epochs),
  batchSize: trainingFields.batchSize.default(source.batchSize),
  learningRate: trainingFields.learningRate.default(source.learningRate),
});

/** With all defaults filled in. */
export type GanomalySettings = RunSettings & z.output<typeof ganomalySchema>;

/** The batch size, where it could be read. */
export const batchSizes = batchSizeOf(ganomalySchema.shape.batchSize);
