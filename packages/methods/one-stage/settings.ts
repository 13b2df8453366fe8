import { commonFields, countSchema, inputRule, type RunSettings } from '@ddad/contract';
import { z } from 'zod';
import { batchSizeOf } from '../batch-size.ts';
import { learningRateSchema, normalisedBatchSchema } from '../spec-fields.ts';

/**
 * Settings of the source, MedIAnomaly's form of NSA's code, which the DDAD paper's authors keep. Images there are of 256 px, of which the
 * network sees 224.
 */
export const source = { imageSize: 224, epochs: 250, batchSize: 64, learningRate: 0.001 } as const;

/** What the training follows from: shared by settings and specification. */
export const trainingFields = {
  epochs: countSchema(100_000),
  batchSize: normalisedBatchSchema,
  /** Of the first epoch; it falls to a thousandth on half a cosine. */
  learningRate: learningRateSchema,
};

const fields = z.strictObject({
  ...commonFields,
  // Normal images alone, as in the methods' own papers: unlabeled ones make the DDAD paper's starred forms.
  unlabeled: z.int().min(0).default(0),
  // Of 1000 images of 64 px 26 minutes of a processor core (0.4 s a step, measured).
  epochs: trainingFields.epochs.default(source.epochs),
  batchSize: trainingFields.batchSize.default(source.batchSize),
  learningRate: trainingFields.learningRate.default(source.learningRate),
});

export const oneStageSchema = fields.refine(
  ...inputRule(
    fields,
    'anomalousRate',
    ['unlabeled', 'anomalousRate'],
    ({ unlabeled, anomalousRate }) => anomalousRate === undefined || unlabeled > 0,
    () => 'expected none without unlabeled images, of which there are some with "unlabeled" above 0',
  ),
);

/** With all defaults filled in. */
export type OneStageSettings = RunSettings & z.output<typeof oneStageSchema>;

/** The batch size, where it could be read. */
export const batchSizes = batchSizeOf(oneStageSchema.shape.batchSize);
