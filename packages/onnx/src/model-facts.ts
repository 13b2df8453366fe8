import { type Backbone, backboneSchema, type ScoreName, scoreNames } from '@ddad/contract';
import { z } from 'zod';

/** Heat maps that a pipeline gives, each named as the image score that is its mean. */
export const pipelineMaps = [
  'recEnsemble',
  'aIntra',
  'aInter',
  'rIntra',
  'rDual',
] as const satisfies ScoreName[];
export type PipelineMap = (typeof pipelineMaps)[number];

const perScore = <T extends z.ZodType>(value: T) => z.partialRecord(z.enum(scoreNames), value);

/** What a pipeline's file says of itself beside the graph, as JSON in its metadata. */
export const pipelineFactsSchema = z.object({
  format: z.literal(1),
  kind: z.literal('pipeline'),
  runId: z.string(),
  dataset: z.string(),
  backbone: backboneSchema,
  /** Keys of the artifacts that it is made of. */
  members: z.object({ ndm: z.array(z.string()), udm: z.array(z.string()) }),
  /** Null where there is none. */
  refiners: z.object({ rIntra: z.string().nullable(), rDual: z.string().nullable() }),
  /** Side of the square images in pixels. */
  imageSize: z.int().min(1),
  /** Upper end of the heat maps' colour scales, as in the run's report; absent where the run had no test images. */
  scales: z.partialRecord(z.enum(pipelineMaps), z.number()).optional(),
  /** What held-out normal images tell; absent where there were none. */
  calibration: z
    .object({
      falsePositiveRate: z.number(),
      /** Above it an image is called abnormal; null where the images were too few. */
      thresholds: perScore(z.number()).nullable(),
      /** Scores of the held-out normal images. */
      heldOut: perScore(z.array(z.number())),
    })
    .optional(),
});
export type PipelineFacts = z.infer<typeof pipelineFactsSchema>;

/** What a member's file says of itself. */
export interface MemberFacts {
  format: 1;
  kind: 'member';
  key: string;
  backbone: Backbone;
  imageSize: number;
}

/** Key of the facts among a model's metadata. */
export const factsKey = 'ddad';
