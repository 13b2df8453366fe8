import { z } from 'zod';
import { findingsSchema } from './findings.ts';
import { defaultMethod } from './run-input.ts';
import { scoreDefinitionSchema } from './score-definition.ts';
import { sha256Schema } from './sha256.ts';

/** Becomes part of object keys. */
export const runIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,200}$/, 'expected 1 to 200 letters, digits, "_", "-"');

/** A finished network as the result lists it. */
const memberResultSchema = z.object({
  role: z.string(),
  index: z.int(),
  seed: z.number(),
  key: sha256Schema,
  /** Who trained it. */
  trainer: z.string(),
  /** Wall time of its training. */
  seconds: z.number(),
  /** Mean loss of its last epoch; null where it has none. */
  loss: z.number().nullable(),
  /** True where it was published before this run wanted it. */
  reused: z.boolean(),
  /** How often this run had to begin or resume its training anew; absent in results from before that was counted. */
  restarts: z.int().optional(),
  /** The seed with which its training diverged before it was trained with `seed`; absent where it did not. */
  divergedSeed: z.number().optional(),
  /** What was wrong with what lay published under its key, so that it was trained again; absent where nothing was. */
  replaced: z.string().optional(),
});
export type MemberResult = z.infer<typeof memberResultSchema>;

/** A part of a dataset as a run used it. */
const dataPartSchema = z.object({
  images: z.int(),
  /** How many of them are abnormal; absent where nobody says. */
  abnormal: z.int().optional(),
  /** How many patients have images among them; absent where the dataset knows none. */
  patients: z.int().optional(),
});
export type DataPart = z.infer<typeof dataPartSchema>;

const runDataSchema = z.object({
  /** D_n. */
  normal: dataPartSchema,
  /** D_u. */
  unlabeled: dataPartSchema,
  /** Normal images that nothing was trained on. */
  heldOut: dataPartSchema,
  test: dataPartSchema,
  /**
   * Whether anything is trained on D_u; where nothing is, its images are scored for label-free figures alone. Absent in results from
   * before it was told.
   */
  trainsOnUnlabeled: z.boolean().optional(),
});
export type RunData = z.infer<typeof runDataSchema>;

/** A member that failed for good in a run that goes on without it. */
const failedMemberSchema = z.object({ role: z.string(), index: z.int(), reason: z.string() });
export type FailedMember = z.infer<typeof failedMemberSchema>;

/** What a run knows of itself before it is evaluated; further fields are its method's facts. */
export const runFactsSchema = z.looseObject({
  runId: runIdSchema,
  dataset: z.string(),
  /** Of the packing that its name stood for when the run began; absent in results from before that was told. */
  datasetDigest: sha256Schema.optional(),
  /**
   * The run's input with all defaults filled in, what was left open settled, and K as it was at last: a run of it makes the same
   * artifacts of the same dataset. Absent in results from before it was told.
   */
  input: z.record(z.string(), z.unknown()).optional(),
  /**
   * Key of the pretrained weights that it began with, whatever their name stands for now; absent where there are none, and in results
   * from before it was told.
   */
  pretrainedKey: sha256Schema.optional(),
  /** What images it was made of; absent in results from before that was told. */
  data: runDataSchema.optional(),
  /** True for datasets made by a generator. */
  synthetic: z.boolean(),
  method: z.string().default(defaultMethod),
  /** In which ways the method differs from its source; absent where in none. */
  deviations: z.array(z.string()).optional(),
  /** Of the scores that the run may give, in the order in which they are shown; absent in results from before there were methods. */
  definitions: z.array(scoreDefinitionSchema).optional(),
  /** Side of the images in pixels; absent: 64. */
  imageSize: z.int().optional(),
  seed: z.number(),
  /** Those that finished: all scores are theirs. */
  members: z.array(memberResultSchema),
  /** How many finished per role; absent where all did. */
  kPerRole: z.record(z.string(), z.int()).optional(),
  /** Absent where all finished. */
  failedMembers: z.array(failedMemberSchema).optional(),
  /** Keys of the other artifacts; null where a run makes none. */
  artifacts: z.record(z.string(), sha256Schema.nullable()),
  /** Every artifact that the run is made of, in the order of its graph; absent in results from before there were methods. */
  nodes: z
    .array(
      z.object({
        id: z.string(),
        kind: z.string(),
        key: sha256Schema,
        unit: z.enum(['epoch', 'image']),
        /**
         * The seed with which its training diverged, and the one with which it was made then. Absent where it did not, and of members,
         * which tell theirs themselves.
         */
        divergedSeed: z.number().optional(),
        seed: z.number().optional(),
      }),
    )
    .optional(),
  /** Wall time per stage, and `total`. */
  seconds: z.record(z.string(), z.number()),
});
export type RunFacts = z.infer<typeof runFactsSchema>;

/** The workflow's result, `report.json` and the command line's `--json`. */
export const runResultSchema = runFactsSchema.extend({
  ...findingsSchema.shape,
  /**
   * Object keys: report.json, the report's page, which is null where it could not be made, and scores.csv, which is null
   * where there are no test images.
   */
  files: z.object({ report: z.string(), page: z.string().nullable(), scores: z.string().nullable() }),
  /** What went wrong that the run can do without, in sentences; absent where nothing did. */
  notes: z.array(z.string()).optional(),
});
export type RunResult = z.infer<typeof runResultSchema>;

/** Object keys of what a run leaves beside its artifacts; they follow from its id alone. */
export const runKeys = {
  report: (runId: string) => `reports/${runId}/report.json`,
  page: (runId: string) => `reports/${runId}/report.html`,
  scores: (runId: string) => `reports/${runId}/scores.csv`,
  /** `HeldOutScores`; absent where no normal images were held out. */
  heldOut: (runId: string) => `reports/${runId}/held-out.json`,
};
