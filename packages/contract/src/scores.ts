import type { ResolvedRunInput } from './run-input.ts';
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
  /** How often this run had to begin or resume its training anew; absent in results from before that was counted. */
  restarts?: number;
  /** The seed with which its training diverged before it was trained with `seed`; absent where it did not. */
  divergedSeed?: number;
  /** What was wrong with what lay published under its key, so that it was trained again; absent where nothing was. */
  replaced?: string;
}

/** A member that failed for good in a run that goes on without it (`minMembers`). */
export interface FailedMember {
  role: Role;
  index: number;
  reason: string;
}

/** The workflow's result, `report.json` and the CLI's `--json`. */
export interface RunResult {
  runId: string;
  dataset: string;
  /** True for datasets made by a generator. */
  synthetic: boolean;
  backbone: string;
  /** Members per role that the run wanted in the end (`addMembers` raises it). */
  k: number;
  seed: number;
  /** Null where the test images have no labels, or there are none. */
  scores: RunScores | null;
  /** The same without the test images that have a copy among the training images; absent where there is no copy. */
  withoutCopies?: { images: number; scores: RunScores | null };
  /** χ² distance of the normal and the abnormal images' score histograms (Fig. 8), 0..100; absent where `scores` is null. */
  histogramDistance?: Partial<Record<ScoreName, number>>;
  /** Those that finished: all scores are theirs. */
  members: MemberResult[];
  /** How many finished per role; absent where all did. `udm` is 0 in the one-class mode. */
  kPerRole?: Record<Role, number>;
  /** Absent where all finished. */
  failedMembers?: FailedMember[];
  /** Keys of the other artifacts; null where a run makes none. */
  artifacts: { maps: string | null; rIntra: string; rDual: string | null };
  /** Wall time per stage. */
  seconds: { plan: number; train: number; maps: number; refine: number; report: number; total: number };
  /** Object keys: report.json, the report's page, and scores.csv, which is null where there are no test images. */
  files: { report: string; page: string; scores: string | null };
}

/** What the coordinator tells the scorer for the report: the result without what the report itself finds. */
export interface ReportFacts
  extends Omit<RunResult, 'scores' | 'withoutCopies' | 'histogramDistance' | 'files'> {
  /** For whoever repeats the run. */
  input: ResolvedRunInput;
  datasetDigest: string;
  /** Keys of the refined maps; null where there are none. */
  refined: { rIntra: string | null; rDual: string | null };
}
