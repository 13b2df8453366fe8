import { commonFields, countSchema, type RunSettings } from '@ddad/contract';
import { z } from 'zod';

/** Settings of the source, github.com/VitjanZ/DRAEM. */
export const source = { imageSize: 256, epochs: 700, batchSize: 8, width: 128 } as const;

/** What the training follows from: shared by settings and specification. */
export const trainingFields = {
  /** Passes over the normal images. */
  epochs: countSchema(10_000),
  /** Images a step. */
  batchSize: z.int().min(2).max(1024),
  /** Of Adam; a fifth of it from 80 % of the epochs on, a fifth of that from 90 %. */
  learningRate: z.number().positive().max(1),
  /** Channels of the reconstruction at the images' own side; the segmentation has half of them. */
  width: z.int().min(2).max(512).multipleOf(2),
};

export const draemSchema = z.strictObject({
  ...commonFields,
  // An eighth of the source's width, a fourteenth of its epochs: an hour on a processor core with 1000 images of 64 px (0.44 s a step,
  // measured on a busy machine).
  epochs: trainingFields.epochs.default(50),
  batchSize: trainingFields.batchSize.default(8),
  learningRate: trainingFields.learningRate.default(0.0001),
  width: trainingFields.width.default(16),
});

/** With all defaults filled in. */
export type DraemSettings = RunSettings & z.output<typeof draemSchema>;

/** The batch size, where it could be read. */
export function batchSizes(given: Readonly<Record<string, unknown>>): { path: string; size: number }[] {
  const parsed = draemSchema.shape.batchSize.safeParse(given.batchSize);
  return parsed.success ? [{ path: 'batchSize', size: parsed.data }] : [];
}
