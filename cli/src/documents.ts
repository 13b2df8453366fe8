import {
  datasetRecordSchema,
  experimentResultSchema,
  jobProgressSchema,
  runResultSchema,
  sha256Schema,
  weightsRecordSchema,
} from '@ddad/contract';
import { leftOverReasons } from '@ddad/storage';
import { z } from 'zod';
import { listedStatuses } from './listed-status.ts';

/** Schemas of what commands print with `--json`, which scripts rely on; docs/commands.schema.json is made from them. */

const bytes = z.int().min(0).describe('in bytes');
const share = z.number().min(0).max(1);
const seconds = z.number().min(0).describe('wall time in seconds');
const moment = z.iso.datetime();
const byScore = <T extends z.ZodType>(value: T) => z.record(z.string(), value);

/** How a run is named: by its workflow and by Temporal's id of the execution. */
const named = { workflowId: z.string(), runId: z.string() };
const namedRun = z.strictObject(named);

const copies = z.strictObject({
  testInTraining: z.int().min(0),
  groups: z.array(z.array(z.strictObject({ image: z.string(), place: z.string() }))),
});
const separation = z.array(z.strictObject({ of: z.string(), auc: share }));

/** `dataset show`; names of images are in it. */
const shownDataset = datasetRecordSchema.extend({
  imageSize: z.int(),
  channels: z.int(),
  range: z.tuple([z.number(), z.number()]).optional(),
  volumes: z.unknown().optional(),
  lists: z.array(
    z.strictObject({
      list: z.string(),
      images: z.int(),
      meanGrey: z.number(),
      deviation: z.number(),
      patients: z.int().nullable(),
    }),
  ),
  pathologies: z.array(z.strictObject({ name: z.string(), images: z.record(z.string(), z.int()) })),
  masks: z.int(),
  patients: z.int().nullable(),
  copies,
  nearCopies: copies,
  separations: separation,
  outliers: z.array(z.strictObject({ image: z.string(), why: z.string(), distance: z.number() })),
  page: z.string().optional().describe('path of the page, where one was asked for'),
});

/** Those that several documents hold are told once. */
const runResult = runResultSchema.meta({ id: 'run-result' });
const datasetRecord = datasetRecordSchema.meta({ id: 'dataset-record' });
const weightsRecord = weightsRecordSchema.meta({ id: 'weights-record' });
const experiment = experimentResultSchema
  .extend({ choice: z.unknown().optional().describe('choice.json, where a choice was asked for') })
  .meta({ id: 'experiment-result' });

/** `score` */
const scoredImages = z.strictObject({
  runId: z.string(),
  images: z.array(
    z.strictObject({
      image: z.string(),
      scores: byScore(z.number()).optional(),
      pValues: byScore(share).optional(),
      abnormal: byScore(z.boolean()).optional(),
      maps: byScore(z.string()).optional(),
      dicom: byScore(z.string()).nullable().optional(),
      fault: z.string().optional(),
    }),
  ),
  verdict: z.strictObject({
    mainScore: z.string().nullable().describe('of the run'),
    score: z
      .string()
      .nullable()
      .describe('by which images are judged: another than the main score where the file lacks that'),
    threshold: z.number().nullable(),
    images: z.int(),
    abnormal: z.int().nullable(),
    highest: z.strictObject({ image: z.string(), score: z.number() }).nullable(),
    faults: z.int(),
  }),
});

/** `run --dry-run` */
const forecast = z.strictObject({
  input: z.record(z.string(), z.unknown()),
  datasetDigest: sha256Schema,
  deviations: z.array(z.string()).describe('from the source of the method'),
  workers: z.strictObject({ trainer: z.int(), scorer: z.int() }),
  jobs: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.string(),
      key: sha256Schema,
      stage: z.string(),
      madeBy: z.enum(['trainer', 'scorer']),
      unit: z.enum(['epoch', 'image']),
      total: z.number(),
      found: z.boolean(),
      resumes: z.boolean(),
      expectedSeconds: seconds.nullable().describe('on one worker'),
    }),
  ),
  seconds: seconds.nullable(),
  atLeast: z.boolean().describe('whether the run takes longer than `seconds`'),
});

const status = z.enum([...listedStatuses, 'other']);

const listedRun = z.strictObject({
  id: z.string().describe("the workflow's id, by which commands know the run"),
  executionId: z.string().describe("Temporal's run id"),
  kind: z.enum(['run', 'experiment']),
  status,
  stage: z.string().nullable(),
  auc: z.strictObject({ score: z.string(), value: share }).nullable().describe('of the main score'),
  dataset: z.string().nullable(),
  method: z.string().nullable(),
  k: z.int().nullable(),
  started: moment,
  seconds,
});

/** `card`; what it repeats of the result has the result's forms. */
const modelCard = z.looseObject({
  runId: z.string(),
  method: z.strictObject({
    name: z.string(),
    title: z.string(),
    settings: z.string(),
    deviations: z.array(z.string()),
  }),
  dataset: z.strictObject({
    name: z.string(),
    digest: sha256Schema.nullable(),
    synthetic: z.boolean(),
    imageSize: z.int(),
  }),
  input: z.record(z.string(), z.unknown()).nullable(),
  scores: z.array(z.looseObject({ name: z.string(), meaning: z.string(), auc: share, ap: share })).nullable(),
  mainScore: z.string().nullable(),
  subgroups: z.array(z.unknown()),
  artifacts: z.array(z.strictObject({ id: z.string(), kind: z.string(), key: sha256Schema })),
  notTested: z.array(z.string()),
});

const exported = z.strictObject({
  files: z.array(z.string()),
  member: sha256Schema.optional(),
  runId: z.string().optional(),
  imageSize: z.int().optional(),
});

const count = { objects: z.int().min(0), bytes };
const counted = z.strictObject(count);

/** `describe` */
const describedRun = z.strictObject({
  kind: z.literal('run'),
  workflowId: z.string().nullable(),
  runId: z.string(),
  status,
  stage: z.string().nullable(),
  dataset: z.string().nullable(),
  datasetDigest: sha256Schema.nullable(),
  method: z.string().nullable(),
  input: z.record(z.string(), z.unknown()).nullable(),
  deviations: z.array(z.string()).describe('from the source of the method'),
  started: moment.nullable(),
  closed: moment.nullable(),
  seconds: seconds.nullable(),
  jobs: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.string(),
      key: z.string(),
      stage: z.string(),
      unit: z.enum(['epoch', 'image']),
      state: jobProgressSchema.shape.state,
      done: z.number(),
      total: z.number(),
      loss: z.number().nullable(),
      worker: z.string().nullable(),
      seconds: seconds.nullable().describe('of whoever made it'),
      reused: z.boolean(),
      trouble: z.string().nullable(),
    }),
  ),
  scores: runResultSchema.shape.scores,
  mainScore: z.string().nullable(),
  failure: z.string().nullable(),
  pages: z.strictObject({ temporal: z.string().nullable(), progress: z.string().nullable() }),
});
const describedExperiment = z.strictObject({
  kind: z.literal('experiment'),
  workflowId: z.string(),
  runId: z.string(),
  status,
  dataset: z.string().nullable(),
  method: z.string().nullable(),
  started: moment,
  closed: moment.nullable(),
  seconds,
  runs: z.array(
    z.strictObject({
      axes: z.record(z.string(), z.unknown()),
      workflowId: z.string(),
      runId: z.string().nullable(),
      state: z.enum(['waiting', 'running', 'finished', 'failed', 'cancelled']),
    }),
  ),
  failure: z.string().nullable(),
  pages: z.strictObject({ temporal: z.string().nullable() }),
});

const member = z.looseObject({
  key: sha256Schema,
  kind: z.string(),
  loss: z.number().nullable(),
  trainer: z.string(),
  seconds,
  finishedAt: moment,
  environment: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** What a command that failed prints, unless it found something out all the same. */
export const errorDocument = z.strictObject({
  error: z.strictObject({ message: z.string(), exitCode: z.int() }),
});

/** By the command's name, as it is typed. */
export const documents: Readonly<Record<string, z.ZodType>> = {
  'dataset add': datasetRecordSchema.extend({ change: z.enum(['added', 'unchanged', 'replaced']) }),
  'dataset init': z.strictObject({ files: z.array(z.string()) }),
  'dataset remove': z.strictObject({ name: z.string(), digest: sha256Schema }),
  'dataset list': z.array(datasetRecord),
  'dataset show': shownDataset,
  'weights add': weightsRecord,
  'weights list': z.array(weightsRecord),
  'weights remove': weightsRecord,
  run: z.union([runResult, namedRun, forecast]),
  'run delete': z.strictObject({
    workflowId: z.string().nullable(),
    runId: z.string(),
    deleted: z.boolean(),
    reports: counted,
    artifacts: counted,
    checkpoints: counted,
    shared: z.array(z.strictObject({ kind: z.string(), key: sha256Schema })),
    left: z.string().nullable(),
  }),
  experiment,
  runs: z.array(listedRun),
  describe: z.union([describedRun, describedExperiment]),
  watch: z.union([runResult, experiment]),
  cancel: z.strictObject({ ...named, status: z.literal('cancelled') }),
  pause: z.strictObject({ ...named, stage: z.string() }),
  resume: z.strictObject({ ...named, stage: z.string() }),
  'add-members': z.strictObject({
    ...named,
    k: z.int(),
    added: z.array(z.strictObject({ role: z.string(), index: z.int(), seed: z.number(), key: sha256Schema })),
  }),
  report: z.strictObject({ file: z.string() }),
  card: modelCard,
  mlflow: z.strictObject({ url: z.url().describe("the run's page in the server") }),
  members: z.array(member),
  export: exported,
  score: scoredImages,
  prune: z.strictObject({
    deleted: z.boolean(),
    reasons: z.array(z.strictObject({ reason: z.enum(leftOverReasons), ...count })),
    total: counted,
  }),
  disk: z.strictObject({
    kinds: z.array(z.strictObject({ kind: z.string(), ...count })),
    datasets: z.array(z.strictObject({ name: z.string(), ...count })),
    nameless: counted.describe('packed images that no name stands for'),
    runs: z.array(
      z.strictObject({
        runId: z.string(),
        workflowId: z.string().nullable(),
        dataset: z.string().nullable(),
        own: counted,
        shared: counted,
      }),
    ),
    unnamed: counted,
    pages: counted,
    total: counted,
  }),
  trainer: z.strictObject({ id: z.string(), exitCode: z.int() }),
  demo: runResult,
  completion: z.strictObject({ shell: z.enum(['bash', 'zsh', 'fish']), script: z.string() }),
};

/** The schemas of all commands' documents as one JSON Schema (2020-12): by `$defs`, spaces of names as `-`. */
export function documentsAsJsonSchema(): object {
  const shared: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries({ ...documents, error: errorDocument })) {
    // In a list, what several documents hold becomes a reference.
    const { $defs = {}, items } = z.toJSONSchema(z.array(schema), { unrepresentable: 'any' });
    Object.assign(shared, $defs);
    own[name.replaceAll(' ', '-')] = items;
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What the commands of ddad print with --json',
    $defs: { ...own, ...shared },
  };
}
