import { commonFields, countSchema, type RunSettings } from '@ddad/contract';
import { z } from 'zod';
import { batchSizeOf } from '../batch-size.ts';
import { learningRateSchema, normalisedBatchSchema } from '../spec-fields.ts';

/** Settings of the source, github.com/VitjanZ/DRAEM. */
export const source = {
  imageSize: 256,
  epochs: 700,
  batchSize: 8,
  learningRate: 0.0001,
  width: 128,
} as const;

/** What the training follows from: shared by settings and specification. */
export const trainingFields = {
  /** Passes over the normal images. */
  epochs: countSchema(10_000),
  /** Images a step. */
  batchSize: normalisedBatchSchema,
  /** Of Adam; a fifth of it from 80 % of the epochs on, a fifth of that from 90 %. */
  learningRate: learningRateSchema,
  /** Channels of the reconstruction at the images' own side; the segmentation has half of them. */
  width: z.int().min(2).max(512).multipleOf(2),
};

export const draemSchema = z.strictObject({
  ...commonFields,
  // At an eighth of the source's width two hours of a processor core with 1000 images of 64 px (77 ms a step, measured).
  epochs: trainingFields.epochs.default(source.epochs),
  batchSize: trainingFields.batchSize.default(source.batchSize),
  learningRate: trainingFields.learningRate.default(source.learningRate),
  width: trainingFields.width.default(16),
});

/** With all defaults filled in. */
export type DraemSettings = RunSettings & z.output<typeof draemSchema>;

/** The batch size, where it could be read. */
export const batchSizes = batchSizeOf(draemSchema.shape.batchSize);
