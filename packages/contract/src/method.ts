import type { z } from 'zod';
import type { ImageSize } from './dataset.ts';
import type { Fault } from './fault.ts';
import type { RunSettings } from './run-input.ts';
import type { ScoreDefinition } from './score-definition.ts';
import type { PretrainedWeights } from './weights.ts';
import type { Pool } from './worker-entry.ts';

/**
 * A set of a run's images: `normal` D_n; `training` D_n, then D_u; `test` the test images; `reference` the held-out normal
 * images, then D_u, which show what scores mean.
 */
export const imageSets = ['normal', 'training', 'test', 'reference'] as const;
export type ImageSet = (typeof imageSets)[number];

/** What a plan knows of a set of images. */
export interface ImageFacts {
  /** SHA-256 over the pixels in order. */
  digest: string;
  count: number;
}

/** A published artifact that a maker reads. */
export interface Need {
  kind: string;
  key: string;
  /** Files of the artifact, by their names in its manifest. */
  files: readonly string[];
}

/**
 * What sort of artifact something is. The schema is the one truth of its specification: types, bounds and defaults follow
 * from it, the coordinator plans by it, and whoever makes the artifact checks by it what came.
 */
export interface KindDefinition<Spec extends object = object> {
  /**
   * Prefix of the artifacts' object keys, `[a-z][a-z0-9-]*`. Kinds of pool `train` begin with `trained-`, of pool `score`
   * with `scored-`, which services' rights in the store follow; older kinds have names of their own.
   */
  kind: string;
  pool: Pool;
  schema: z.ZodType<Spec>;
  /** What the maker finds beside the images, by name. */
  needs(spec: Spec): Record<string, Need>;
  /** What the maker reads of the dataset: pixels of the node's images, the index, masks where there are any, or nothing. */
  reads: { pixels?: true; index?: true; masks?: true };
  /** How many images there must be at least; 0 unless given. */
  leastImages?(spec: Spec): number;
  /** True where making it is training, whatever makes it: an experiment tells what sharing of such saved. */
  trains?: true;
  /** How people tell artifacts of the kind apart; absent where those that are finished are not listed. */
  listing?: ArtifactListing<Spec>;
}

/** Artifacts of a kind as `ddad members` lists them. */
export interface ArtifactListing<Spec extends object = object> {
  /** Fields of the specification that stand in columns. */
  fields: readonly string[];
  /** In a few words: `linear probe, 20 epochs`. */
  describe(spec: Spec): string;
}

/** Where the scores of a set of images lie within an artifact. */
export interface ScoreSource {
  /** Name of its definition. */
  score: string;
  images: 'test' | 'reference';
  /** Tensor of file `scores`, [T]. */
  tensor: string;
  /** Tensors of the same score of every single network, this one's among them; mean and spread of their AUC are told. */
  each?: string[];
  /** Tensor of file `maps`, [T,H,W]; absent where the score has no map. */
  map?: string;
}

/** An artifact that a run wants. */
export interface GraphNode {
  /** For people, and unique in its graph: `encoder 2`, `scores`. Keeps its meaning when a run is planned again. */
  id: string;
  kind: string;
  pool: Pool;
  /** Everything that decides its bytes. */
  spec: object;
  /** SHA-256 of the specification's canonical JSON. */
  key: string;
  /** What has to be published before, from the kind's own `needs`. */
  needs: { kind: string; key: string }[];
  /** Which images it reads; null for none, or where it reads the dataset's index alone. */
  images: ImageSet | null;
  /** Name of its stage. */
  stage: string;
  /** Units of work, and what they are. */
  total: number;
  unit: 'epoch' | 'image';
  /** Images that a unit reads: 1 where the unit is an image. */
  imagesPerUnit: number;
  /** Nodes of a group may fail for good while enough of it are left. */
  group?: string;
  /** A network that the run's result lists. */
  member?: { role: string; index: number; seed: number };
  /** Name under which the run's result lists its key. */
  artifact?: string;
  /** Scores that it gives. */
  scores?: ScoreSource[];
  /** True where it holds the scores of ensembles of every size: tensors `SCORE.k`, [subsets,T], in file `scores`. */
  curve?: boolean;
}

/** A part of a run, for people: the run is in the first one that has work left. */
export interface GraphStage {
  /** As `seconds` of the result has it. */
  name: string;
  /** As progress tells it. */
  title: string;
}

/** All that a run makes. */
export interface Graph {
  /** In their order. */
  stages: GraphStage[];
  /** Those that come first get workers first. */
  nodes: GraphNode[];
  /** By name: how many of its nodes have to succeed; absent groups need all. */
  groups: Record<string, { least: number }>;
  /** Names of `artifact` that the result lists as null where no node has them. */
  artifacts: string[];
}

/** What a plan follows from. Small: it stays in the workflow's history. */
export interface PlanBasis<Settings extends RunSettings = RunSettings> {
  settings: Settings;
  datasetDigest: string;
  /** Side of the square images in pixels. */
  imageSize: number;
  /** Null where the set is empty, or a member of it (D_u, held-out images) is missing. */
  images: Record<ImageSet, ImageFacts | null>;
  /** Whether the test images are known to hold both classes, so that scores can be judged. */
  judged: boolean;
  /** Digest of the test images' masks; absent where the dataset has none. */
  masks?: string;
  /** Key of the pretrained weights that the settings name (`weightsNeed`); absent where they name none. */
  pretrained?: string;
  /** How many seeds of a node diverged, by its id. */
  retries: Record<string, number>;
  /** Ids of nodes that failed for good. */
  lost: string[];
}

/** What a method may look at to settle what its input leaves open. */
export interface Surroundings {
  /** Trainers that have been there for a while. */
  settledTrainers: number;
}

/** A batch size of the settings that cannot be larger than the images there are. */
export interface BatchSize {
  path: string;
  size: number;
}

/**
 * What a run does to get from images to scores: data and pure functions, so that everybody can load it. Its makers are
 * apart, as only job processes can load TensorFlow.
 */
export interface Method<Settings extends RunSettings = RunSettings> {
  name: string;
  /** For headings: "Dual-distribution discrepancy anomaly detection". */
  title: string;
  /** The whole input: the common fields, the method's own, and rules over several of them. */
  schema: z.ZodType<Settings> & { shape: z.ZodRawShape };
  /** Kinds of the artifacts that it makes; those of another method among them are that method's very own definitions. */
  kinds: readonly KindDefinition[];
  /** Whether unlabeled images are of use to it. */
  usesUnlabeled: boolean;
  /** Sides of images that its networks take, in pixels; absent: all that datasets are packed at. */
  imageSizes?: readonly ImageSize[];
  /** Scores that runs give, in the order in which they are shown. */
  scores(settings: Settings): ScoreDefinition[];
  /** Settings that a run's result repeats, by field. */
  facts(settings: Settings): Record<string, unknown>;
  /** What tells runs of the method apart, for headings: "backbone ae, K = 3". @param facts those of a result */
  describe(facts: Readonly<Record<string, unknown>>): string;
  /** What the roles of its members are, by role, for captions: "trained on normal images". */
  roles?: Readonly<Record<string, string>>;
  /**
   * Ways in which this implementation differs from its source; shown beside the name.
   * @param imageSize side of the images in pixels, which the settings may leave to the dataset
   */
  deviations?(settings: Settings, imageSize: number): string[];
  /**
   * Pretrained weights that the run is to begin with, among the fields that could be read: they are looked up and held against their
   * layout before anything is trained. Null for none. Absent of methods that take none.
   */
  pretrained?(fields: Readonly<Record<string, unknown>>): PretrainedWeights | null;
  /** Batch sizes among the fields that could be read. */
  batchSizes?(fields: Readonly<Record<string, unknown>>): BatchSize[];
  /**
   * A run's input as it was kept with all defaults of its time, with fields that came later as they were before; absent where these have
   * today's defaults.
   */
  storedInput?(input: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Settles what is left to the coordinator when a run starts. */
  settle?(settings: Settings, surroundings: Surroundings): { settings: Settings } | { faults: Fault[] };
  /** Settings of a run that grows to k members; a method without it cannot grow. */
  grow?(settings: Settings, k: number): { settings: Settings } | { fault: string };
  /** Pure, no I/O. The same basis gives the same graph. */
  plan(basis: PlanBasis<Settings>): Graph;
}
