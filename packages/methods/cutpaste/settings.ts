import { commonFields, countSchema, pretrainedSchema, type RunSettings } from '@ddad/contract';
import { z } from 'zod';
import { batchSizeOf } from '../batch-size.ts';
import { learningRateSchema, normalisedBatchSchema } from '../spec-fields.ts';

/** Settings of the source, pytorch-cutpaste, for images of 256 px; steps as in its published results. */
export const source = { imageSize: 256, steps: 10_000, batchSize: 64, learningRate: 0.03 } as const;

/** Steps of a network with pretrained weights in which they stay as they are, and the head alone is trained; the source's. */
export const frozenSteps = 20;

/** What the training follows from: shared by settings and specification. */
export const trainingFields = {
  /** Updates of the network. */
  steps: countSchema(1_000_000),
  /** Images a step; the network sees three of each, one a class. */
  batchSize: normalisedBatchSchema,
  /** Of the first step; it falls to 0 on half a cosine. */
  learningRate: learningRateSchema,
};

export const cutPasteSchema = z.strictObject({
  ...commonFields,
  // A fifth of the source's steps, at half its batch: 17 minutes of a processor core with images of 64 px (0.5 s a step, measured).
  steps: trainingFields.steps.default(2000),
  batchSize: trainingFields.batchSize.default(32),
  learningRate: trainingFields.learningRate.default(source.learningRate),
  /** Weights of the ResNet18 to begin with, by the name that they were added under; null: random ones. */
  pretrained: pretrainedSchema.default(null),
});

/** With all defaults filled in. */
export type CutPasteSettings = RunSettings & z.output<typeof cutPasteSchema>;

/** The batch size, where it could be read. */
export const batchSizes = batchSizeOf(cutPasteSchema.shape.batchSize);
