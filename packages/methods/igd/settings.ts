import { commonFields, countSchema, pretrainedSchema, type RunSettings } from '@ddad/contract';
import { z } from 'zod';
import { batchSizeOf } from '../batch-size.ts';
import { learningRateSchema, normalisedBatchSchema } from '../spec-fields.ts';

/** Settings of the source, `p256` of github.com/tianyu0207/IGD. */
export const source = {
  imageSize: 256,
  epochs: 256,
  batchSize: 16,
  learningRate: 0.0001,
  width: 64,
} as const;

/** What the training follows from: shared by settings and specification. */
export const trainingFields = {
  /** Passes over the normal images. */
  epochs: countSchema(10_000),
  /** Images a step. */
  batchSize: normalisedBatchSchema,
  /** Of both Adams, at the first step; it falls to 0 as (1 − done)^0.9. */
  learningRate: learningRateSchema,
  /** Channels of decoder and critic at the images' own side. */
  width: z.int().min(2).max(512),
};

export const igdSchema = z.strictObject({
  ...commonFields,
  // At a quarter of the source's width 75 minutes of a processor core with 1000 images of 64 px (0.28 s a step of both phases, measured).
  epochs: trainingFields.epochs.default(source.epochs),
  batchSize: trainingFields.batchSize.default(source.batchSize),
  learningRate: trainingFields.learningRate.default(source.learningRate),
  width: trainingFields.width.default(16),
  /** Weights of the encoder, a ResNet18, which then stay as they are, by the name that they were added under; null: trained with the rest. */
  pretrained: pretrainedSchema.default(null),
});

/** With all defaults filled in. */
export type IgdSettings = RunSettings & z.output<typeof igdSchema>;

/** The batch size, where it could be read. */
export const batchSizes = batchSizeOf(igdSchema.shape.batchSize);
