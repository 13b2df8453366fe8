import { z } from 'zod';
import { separationsSchema } from './dataset.ts';
import type { KindDefinition, Need } from './method.ts';
import { runResultSchema } from './run-result.ts';
import { sha256Schema } from './sha256.ts';

const kind = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/);
const artifact = { kind, key: sha256Schema };
const name = z.string().min(1).max(100);

/** Scores of a set of images, and the artifact that holds them (see `ScoreSource`). */
const sourceSchema = z.strictObject({
  ...artifact,
  score: name,
  images: z.enum(['test', 'reference']),
  tensor: name,
  each: z.array(name).optional(),
  map: name.optional(),
});
/** Where an evaluation or a page reads a score. */
export type EvaluatedSource = z.infer<typeof sourceSchema>;

/** What of a run's input chooses its images; fields that have their default are left out. */
const selectionSchema = z.strictObject({
  unlabeled: z.int().min(0).optional(),
  anomalousRate: z.number().min(0).max(1).optional(),
  calibration: z.number().min(0).lt(1).optional(),
});

/** Raise it whenever an evaluation of the same scores gives other figures. */
const evaluationRecipe = 3;
const pageRecipe = 3;
const reducedRecipe = 3;

/** Everything that decides an evaluation: whose scores, of which images. */
const evaluationSpecSchema = z.strictObject({
  recipe: z.literal(evaluationRecipe),
  datasetDigest: sha256Schema,
  selection: selectionSchema,
  /** Whether the run trains on unlabeled images: only then do they count as seen. */
  trainsOnUnlabeled: z.boolean(),
  falsePositiveRate: z.number().positive().lt(1).optional(),
  /** Names of the scores that the method may give, in order: the columns of scores.csv. */
  scores: z.array(name),
  sources: z.array(sourceSchema),
  /** Scores of ensembles of every size; empty where there are none. */
  curves: z.array(z.strictObject(artifact)),
  /** Digest of the dataset's masks; absent where it has none, or no score has a map. */
  masks: sha256Schema.optional(),
});
export type EvaluationSpec = z.infer<typeof evaluationSpecSchema>;

/** Files: `evaluation` (`Findings` as JSON), `scores` (scores.csv, with test images only), `held-out` (`HeldOutScores`). */
export const evaluationKind: KindDefinition<EvaluationSpec> = {
  kind: 'scored-evaluations',
  pool: 'score',
  schema: evaluationSpecSchema,
  reads: { index: true, masks: true },
  needs({ sources, curves, masks }) {
    const needs = needsOf(sources, masks !== undefined);
    for (const [place, curve] of curves.entries())
      needs[curveName(place)] = { ...keyOf(curve), files: ['scores'] };
    return needs;
  },
};

export const newEvaluationSpec = ({
  curves = [],
  ...spec
}: Omit<EvaluationSpec, 'recipe' | 'curves'> & Partial<Pick<EvaluationSpec, 'curves'>>): EvaluationSpec => ({
  recipe: evaluationRecipe,
  ...spec,
  curves,
});

/** Everything that decides what else a set of images' maps give beside their means. */
const reducedSpecSchema = z.strictObject({
  recipe: z.literal(reducedRecipe),
  /** SHA-256 over the pixels of the images that the maps are of, in their order, and their side: `relative` takes their brightness, `foreground` their background. */
  imagesDigest: sha256Schema,
  imageSize: z.int().positive(),
  /** Artifacts whose file `maps` is read, with the scores and their tensors, [T,H,W]. */
  maps: z
    .array(
      z.strictObject({ ...artifact, scores: z.array(z.strictObject({ score: name, tensor: name })).min(1) }),
    )
    .min(1),
});
export type ReducedSpec = z.infer<typeof reducedSpecSchema>;

/** File: `scores`, tensors by `reducedName` of each score, [T]. */
export const reducedKind: KindDefinition<ReducedSpec> = {
  kind: 'scored-reduced',
  pool: 'score',
  schema: reducedSpecSchema,
  reads: { pixels: true },
  needs: ({ maps }) =>
    Object.fromEntries(maps.map((one) => [sourceName(one), { ...keyOf(one), files: ['maps'] }])),
};

export const newReducedSpec = (spec: Omit<ReducedSpec, 'recipe'>): ReducedSpec => ({
  recipe: reducedRecipe,
  ...spec,
});

/** An artifact as a page tells of it. */
const shownArtifactSchema = z.strictObject({
  ...artifact,
  /** As in the run's graph. */
  id: name,
  member: z.strictObject({ role: z.string(), index: z.int(), seed: z.number() }).optional(),
  artifact: z.string().optional(),
});
export type ShownArtifact = z.infer<typeof shownArtifactSchema>;

/** Everything that decides a report's page. */
const pageSpecSchema = z.strictObject({
  recipe: z.literal(pageRecipe),
  /** What report.json holds. */
  result: runResultSchema,
  /** The run's input with all defaults. */
  input: z.record(z.string(), z.unknown()),
  /** As headings tell of the run. */
  heading: z.strictObject({ title: z.string(), run: z.string() }),
  /** What the members' roles are, as the method says. */
  roles: z.record(z.string(), z.string()).optional(),
  /** Names of the graph's stages in their order, as `seconds` of the result has them. */
  stages: z.array(z.string()).optional(),
  datasetDigest: sha256Schema,
  /** What is needed to find out which test images have copies among those that the run trained on. */
  selection: selectionSchema,
  trainsOnUnlabeled: z.boolean(),
  artifacts: z.array(shownArtifactSchema),
  /** AUC of what the test images' files have besides pixels, as the dataset's record says; absent where it does not. */
  separations: separationsSchema.optional(),
  /** Of the test images. */
  sources: z.array(sourceSchema),
  /** Key of the run's evaluation, whose held-out scores p-values follow from; absent where no normal images were held out. */
  evaluation: sha256Schema.optional(),
});
export type PageSpec = z.infer<typeof pageSpecSchema>;

/** File: `page`, HTML. */
export const pageKind: KindDefinition<PageSpec> = {
  kind: 'scored-pages',
  pool: 'score',
  schema: pageSpecSchema,
  reads: { pixels: true, index: true, masks: true },
  needs({ artifacts, sources, evaluation }) {
    const needs: Record<string, Need> = {};
    if (evaluation !== undefined)
      needs.evaluation = { kind: evaluationKind.kind, key: evaluation, files: ['held-out'] };
    for (const one of artifacts) needs[artifactName(one)] = { ...keyOf(one), files: [] };
    return { ...needs, ...needsOf(sources, true) };
  },
};

export const newPageSpec = (spec: Omit<PageSpec, 'recipe'>): PageSpec => ({ recipe: pageRecipe, ...spec });

/** Kinds that every run has, whatever its method. */
export const commonKinds: readonly KindDefinition[] = [
  reducedKind,
  evaluationKind,
  pageKind,
] as readonly KindDefinition[];

/** The artifacts that sources lie in, with their files of scores, and of maps where those are wanted. */
function needsOf(sources: readonly EvaluatedSource[], maps: boolean): Record<string, Need> {
  const needs: Record<string, Need> = {};
  for (const source of sources) {
    const files = maps && source.map !== undefined ? ['scores', 'maps'] : ['scores'];
    const before = needs[sourceName(source)]?.files ?? [];
    needs[sourceName(source)] = { ...keyOf(source), files: [...new Set([...before, ...files])] };
  }
  return needs;
}

/** Name under which a maker finds the artifact that a source lies in. */
export function sourceName({ kind: of, key }: { kind: string; key: string }): string {
  return `source.${of}.${key}`;
}

/** Name under which an evaluation's maker finds a curve. */
export function curveName(place: number): string {
  return `curve.${place}`;
}

/** Name under which a page's maker finds the manifest of an artifact that it tells of. */
export function artifactName({ kind: of, key }: { kind: string; key: string }): string {
  return `artifact.${of}.${key}`;
}

function keyOf({ kind: of, key }: { kind: string; key: string }) {
  return { kind: of, key };
}
