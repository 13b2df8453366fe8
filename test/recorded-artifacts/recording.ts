import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ObjectStore } from '@ddad/storage';
import { z } from 'zod';

/** Where finished artifacts lie in the object store, a folder a kind. */
const kinds = ['members', 'maps', 'kcurves', 'refiners', 'refined'] as const;

const environmentSchema = z.record(z.string(), z.union([z.string(), z.number()]));
/** Where an artifact was made: equal bytes are promised for equal environments only. */
export type Environment = z.infer<typeof environmentSchema>;

const specSchema = z.record(z.string(), z.json());
const fileSchema = z.object({ sha256: z.string(), bytes: z.number() });

const manifestSchema = z.object({
  format: z.literal(1),
  kind: z.enum(kinds),
  key: z.string(),
  spec: specSchema,
  files: z.record(z.string(), fileSchema.extend({ object: z.string() })),
  loss: z.number().nullable(),
  environment: environmentSchema,
});

const artifactSchema = z.object({
  kind: z.enum(kinds),
  key: z.string(),
  spec: specSchema,
  /** By name, with the SHA-256 of the object's bytes. */
  files: z.record(z.string(), fileSchema),
  /** Mean loss of the last epoch; null where nothing was trained. */
  loss: z.number().nullable(),
});
export type Artifact = z.infer<typeof artifactSchema>;

/** What of report.json does not differ from run to run. */
const reportSchema = z.object({
  dataset: z.string(),
  synthetic: z.boolean(),
  backbone: z.string(),
  imageSize: z.number().optional(),
  k: z.number(),
  dropout: z.json().optional(),
  seed: z.number(),
  members: z.array(
    z.object({
      role: z.string(),
      index: z.number(),
      seed: z.number(),
      key: z.string(),
      loss: z.number(),
      reused: z.boolean(),
    }),
  ),
  artifacts: z.json(),
  scores: z.json(),
  withoutCopies: z.json().optional(),
  histogramDistance: z.json().optional(),
  pathologies: z.json().optional(),
  calibration: z.json().optional(),
  labelFree: z.json().optional(),
  kCurve: z.json().optional(),
  files: z.record(z.string(), z.string().nullable()),
});

const runSchema = z.object({
  report: reportSchema,
  /** held-out.json; null where the run has none. */
  heldOut: z.json(),
});

/** What a run left for its user; scores.csv apart, as text. */
export interface RecordedRun extends z.infer<typeof runSchema> {
  scores: string;
}

/** Scores and figures that runs give since; they are not what was recorded. */
const laterScore =
  /^((p_)?(\w+(Top|Peak|Relative|Foreground)|dsu)|(auc|ap)Interval|(sensitivity|specificity)At)$/;

/** The same without scores that runs give since. */
function withoutLaterScores(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLaterScores);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, own]) =>
      laterScore.test(name) ? [] : [[name, withoutLaterScores(own)]],
    ),
  );
}

/** The columns of scores.csv that were there. */
function withoutLaterColumns(csv: string): string {
  const lines = csv.split('\n').map((line) => line.split(','));
  const kept = lines[0]?.map((name) => !laterScore.test(name)) ?? [];
  return lines.map((cells) => cells.filter((_cell, at) => kept[at] ?? true).join(',')).join('\n');
}

/** What all runs left in the store. */
export interface Recording {
  /** Of all artifacts. */
  environment: Environment;
  artifacts: Artifact[];
  /** By name. */
  runs: Record<string, RecordedRun>;
}

async function manifestsIn(store: ObjectStore): Promise<z.infer<typeof manifestSchema>[]> {
  const objects = (await Promise.all(kinds.map((kind) => store.list(`${kind}/`)))).flat();
  const places = objects.flatMap(({ key }) => (key.endsWith('/manifest.json') ? [key] : []));
  const manifests = await Promise.all(
    places.map(async (place) => {
      const manifest = manifestSchema.parse(JSON.parse(String(await store.get(place))));
      const own = `${manifest.kind}/${manifest.key}/manifest.json`;
      if (place !== own) throw new Error(`${place}: expected the manifest of this place, got that of ${own}`);
      return manifest;
    }),
  );
  // Curves of the highest pixels came later.
  return manifests.filter(({ kind, spec }) => kind !== 'kcurves' || spec.of === undefined);
}

/** Where the finished artifacts were made, which must be one environment. */
export async function environmentIn(store: ObjectStore): Promise<Environment> {
  const all = (await manifestsIn(store)).map(({ environment }) => environment);
  const [first] = all;
  const others = all.filter((one) => !isDeepStrictEqual(one, first));
  if (first === undefined || others.length > 0) {
    throw new Error(`expected artifacts of one environment, got ${JSON.stringify([first, ...others])}`);
  }
  return first;
}

/** Every finished artifact, by kind and key. */
export async function artifactsIn(store: ObjectStore): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const { kind, key, spec, loss, files } of await manifestsIn(store)) {
    const artifact: Artifact = { kind, key, spec, files: {}, loss };
    for (const [name, { object }] of Object.entries(files)) {
      const data = await store.get(object);
      artifact.files[name] = {
        sha256: createHash('sha256').update(data).digest('hex'),
        bytes: data.length,
      };
    }
    artifacts.push(artifact);
  }
  return artifacts;
}

/** What a run left for its user, without what differs from run to run: its id, times, and which trainer did what. */
export async function runIn(store: ObjectStore, runId: string): Promise<RecordedRun> {
  const place = `reports/${runId}`;
  const text = String(await store.get(`${place}/report.json`));
  const report = reportSchema.parse(withoutLaterScores(JSON.parse(text.replaceAll(runId, 'RUN'))));
  report.members.sort((a, b) => a.role.localeCompare(b.role) || a.index - b.index);
  const heldOut = `${place}/held-out.json`;
  return {
    report,
    heldOut: (await store.exists(heldOut))
      ? z.json().parse(withoutLaterScores(JSON.parse(String(await store.get(heldOut)))))
      : null,
    scores: withoutLaterColumns(String(await store.get(`${place}/scores.csv`))),
  };
}

const recordSchemas = {
  artifacts: z.object({ environment: environmentSchema, artifacts: z.array(artifactSchema) }),
  runs: z.record(z.string(), runSchema),
};

/** Writes artifacts.json, runs.json and scores/NAME.csv. */
export async function writeRecording(folder: string, recording: Recording): Promise<void> {
  const { environment, artifacts, runs } = recording;
  const write = (name: string, value: unknown) =>
    writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  await mkdir(join(folder, 'scores'), { recursive: true });
  await write('artifacts.json', { environment, artifacts });
  await write(
    'runs.json',
    Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, runSchema.parse(run)])),
  );
  for (const [name, { scores }] of Object.entries(runs)) {
    await writeFile(join(folder, 'scores', `${name}.csv`), scores);
  }
}

/** @throws ZodError where the files are not what `writeRecording` wrote */
export async function readRecording(folder: string): Promise<Recording> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, name), 'utf8'));
  const runs = recordSchemas.runs.parse(await read('runs.json'));
  const withScores = await Promise.all(
    Object.entries(runs).map(async ([name, run]): Promise<[string, RecordedRun]> => {
      return [name, { ...run, scores: await readFile(join(folder, 'scores', `${name}.csv`), 'utf8') }];
    }),
  );
  return {
    ...recordSchemas.artifacts.parse(await read('artifacts.json')),
    runs: Object.fromEntries(withScores),
  };
}
