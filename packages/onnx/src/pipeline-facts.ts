import {
  byScore,
  defaultMethod,
  readingFactsSchema,
  runIdSchema,
  scoreDefinitionSchema,
} from '@ddad/contract';
import { z } from 'zod';

/**
 * What a pipeline's file says of itself beside the graph, as JSON in its metadata; further fields are its method's own. Files
 * from before there were methods say nothing of method and definitions.
 */
export const pipelineFactsSchema = z.looseObject({
  format: z.literal(1),
  kind: z.literal('pipeline'),
  method: z.string().default(defaultMethod),
  runId: runIdSchema,
  dataset: z.string(),
  /** Side of the square images in pixels. */
  imageSize: z.int().min(1),
  /** How the dataset's files were read; absent where it is not known, or as all were read before there was a choice. */
  reading: readingFactsSchema.optional(),
  /** Of the scores that the run may give. */
  definitions: z.array(scoreDefinitionSchema).optional(),
  /** Scores that the run gives and the file does not, with all that their maps give; absent where it gives all. */
  leftOut: z.array(z.string()).optional(),
  /** Upper end of the heat maps' colour scales, as in the run's report; absent where the run had no test images. */
  scales: byScore(z.number()).optional(),
  /** What held-out normal images tell; absent where there were none. */
  calibration: z
    .object({
      falsePositiveRate: z.number(),
      /** Above it an image is called abnormal; null where the images were too few. */
      thresholds: byScore(z.number()).nullable(),
      /** Scores of the held-out normal images. */
      heldOut: byScore(z.array(z.number())),
    })
    .optional(),
});
export type PipelineFacts = z.infer<typeof pipelineFactsSchema>;

/** Key of the facts among a model's metadata. */
export const factsKey = 'ddad';
