import type { Role } from './specs.ts';

/** The six image scores of a run, in the order in which they are shown. */
export const scoreNames = ['rec', 'recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual'] as const;
export type ScoreName = (typeof scoreNames)[number];

/** How well a score separates abnormal from normal test images; both in 0..1. */
export interface Separation {
  auc: number;
  /** Average precision. */
  ap: number;
}

/** `rec` is the first NDM member's; beside it, mean and standard deviation (over K) of AUC over the NDM members. */
export interface RecSeparation extends Separation {
  aucMean: number;
  aucStd: number;
}

/** Scores that a run gives; in the one-class mode `aInter` and `rDual` are absent. */
export type RunScores = { rec: RecSeparation } & Partial<Record<Exclude<ScoreName, 'rec'>, Separation>>;

/** A finished member as the result lists it. */
export interface MemberResult {
  role: Role;
  index: number;
  seed: number;
  key: string;
  /** Who trained it. */
  trainer: string;
  /** Wall time of its training. */
  seconds: number;
  /** Mean loss of its last epoch. */
  loss: number;
  /** True where it was published before this run wanted it. */
  reused: boolean;
}

/** The workflow's result, `report.json` and the CLI's `--json`. */
export interface RunResult {
  runId: string;
  dataset: string;
  /** True for datasets made by a generator. */
  synthetic: boolean;
  backbone: string;
  k: number;
  seed: number;
  /** Null where the test images have no labels, or there are none. */
  scores: RunScores | null;
  /** The same without the test images that have a copy among the training images; absent where there is no copy. */
  withoutCopies?: { images: number; scores: RunScores | null };
  members: MemberResult[];
  /** Keys of the other artifacts; null where a run makes none. */
  artifacts: { maps: string | null; rIntra: string; rDual: string | null };
  /** Wall time per stage. */
  seconds: { plan: number; train: number; maps: number; refine: number; report: number; total: number };
  /** Object keys; `scores` is null where there are no test images. */
  files: { report: string; scores: string | null };
}

/** What the coordinator tells the scorer for the report: the result without what the report itself finds. */
export interface ReportFacts extends Omit<RunResult, 'scores' | 'withoutCopies' | 'files'> {
  datasetDigest: string;
  /** Keys of the refined maps; null where there are none. */
  refined: { rIntra: string | null; rDual: string | null };
}
