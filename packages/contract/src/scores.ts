import type { DropoutSettings, ResolvedRunInput } from './run-input.ts';
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

/** The score by which images are ranked: the method's own where the run has it. Never chosen by its AUC. */
export function mainScore(scores: Partial<Record<ScoreName, unknown>>): ScoreName {
  const ranked = ['rDual', 'rIntra', 'aInter', 'recEnsemble', 'rec'] as const;
  return ranked.find((name) => scores[name] !== undefined) ?? 'rec';
}

/** Abnormal test images that show one pathology against all normal test images. */
export interface PathologyScores {
  name: string;
  /** Abnormal test images that show it, whatever else they show. */
  images: number;
  /** Images of the run's D_u that show it, where the dataset says so. */
  unlabeled: number;
  /** Whether the run's D_u holds it; null where D_u has images of which nobody says what they show. */
  seen: boolean | null;
  /** Null where no abnormal test image shows it. */
  scores: RunScores | null;
}

/** Abnormal test images that show pathologies of one group alone against all normal test images. */
export interface PathologyGroup {
  pathologies: string[];
  images: number;
  /** Null where there are no such images. */
  scores: RunScores | null;
}

/** Settings A (seen) and B (unseen) of the paper's Table 4. */
export interface SeenAndUnseen {
  seen: PathologyGroup;
  unseen: PathologyGroup;
  /** Abnormal test images in neither group: they show pathologies of both, or one of which nobody knows whether it is seen. */
  neither: number;
}

/** AUC and AP by pathology. */
export interface PathologyResult {
  /** Normal test images, against which all others are held. */
  normals: number;
  /** Every pathology of the dataset, by name. */
  each: PathologyScores[];
  /** By what this run's D_u holds. */
  byRun: SeenAndUnseen;
  /**
   * By what the dataset's whole unlabeled pool holds: the same images in every run on the dataset. Table 4 wants these, as
   * its control has a D_u of normal images, which by itself has seen nothing.
   */
  byPool: SeenAndUnseen;
  /** Abnormal test images of which no pathology is named; they are in no group. */
  unnamed: number;
}

/** A score's threshold and what it gives on the test images; both rates are null where they have no labels. */
export interface Threshold {
  /** An image that scores higher is called abnormal. */
  threshold: number;
  /** Share of the abnormal test images called abnormal. */
  sensitivity: number | null;
  /** Share of the normal test images called normal. */
  specificity: number | null;
}

/** Thresholds from held-out normal images, which no network was trained on (split conformal prediction). */
export interface Calibration {
  /** How many normal images were held out. */
  images: number;
  /** Of new normal images, at most this share is expected above a threshold. */
  falsePositiveRate: number;
  /** Null where the images are too few for the rate. */
  thresholds: Partial<Record<ScoreName, Threshold>> | null;
}

/** What can be said of scores without any label of a test image, for choosing settings. Never mixed with `scores`. */
export interface LabelFree {
  /** How many unlabeled images (D_u) and held-out normal images. */
  images: { unlabeled: number; heldOut: number };
  scores: Partial<
    Record<
      ScoreName,
      {
        /** AUC of the unlabeled against the held-out normal images; null in the one-class mode. */
        auc: number | null;
        /** Mean score of the held-out normal images. */
        heldOutMean: number;
      }
    >
  >;
}

/** Mean and standard deviation (over their number) of a figure of several ensembles. */
export interface Spread {
  mean: number;
  std: number;
}

/** Scores that need no refiner, as smaller ensembles have them too. */
export const kCurveScores = ['recEnsemble', 'aIntra', 'aInter'] as const;
export type KCurveScore = (typeof kCurveScores)[number];

/** How ensembles of k members per role do, each a subset of a run's members, the same indices for both roles. */
export interface KCurvePoint {
  k: number;
  /** How many subsets: all there are, or a hundred drawn ones. */
  subsets: number;
  /** `aIntra` needs two members; `aInter` is absent in the one-class mode. */
  scores: Partial<Record<KCurveScore, { auc: Spread; ap: Spread }>>;
}

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
  /** Side of the images in pixels; absent: 64. */
  imageSize?: number;
  /** Members per role that the run wanted in the end (`addMembers` raises it). */
  k: number;
  /** MC Dropout: the scores are those of passes through one network per role; absent where members make an ensemble. */
  dropout?: DropoutSettings;
  seed: number;
  /** Null where the test images have no labels, or there are none. */
  scores: RunScores | null;
  /** The same without the test images that have a copy among the training images; absent where there is no copy. */
  withoutCopies?: { images: number; scores: RunScores | null };
  /** χ² distance of the normal and the abnormal images' score histograms (Fig. 8), 0..100; absent where `scores` is null. */
  histogramDistance?: Partial<Record<ScoreName, number>>;
  /** Absent where the dataset names no pathologies, or `scores` is null. */
  pathologies?: PathologyResult;
  /** Absent where no normal images were held out. */
  calibration?: Calibration;
  /** Absent where no normal images were held out. */
  labelFree?: LabelFree;
  /**
   * By k, from 1 to the number of members of the smaller role: what a smaller K would have given. Absent below 3, and where
   * `scores` is null.
   */
  kCurve?: KCurvePoint[];
  /** Those that finished: all scores are theirs. */
  members: MemberResult[];
  /** How many finished per role; absent where all did. `udm` is 0 in the one-class mode. */
  kPerRole?: Record<Role, number>;
  /** Absent where all finished. */
  failedMembers?: FailedMember[];
  /** Keys of the other artifacts; null where a run makes none. */
  artifacts: {
    maps: string | null;
    rIntra: string | null;
    rDual: string | null;
    /** Absent where there is no curve over k. */
    kCurve?: string;
  };
  /** Wall time per stage. */
  seconds: { plan: number; train: number; maps: number; refine: number; report: number; total: number };
  /** Object keys: report.json, the report's page, and scores.csv, which is null where there are no test images. */
  files: { report: string; page: string; scores: string | null };
}

/** What the discrepancies of a run are a spread of: `K = 3`, or `MC Dropout (256 passes, rate 0.1)`. */
export function describeEnsemble({ k, dropout }: Pick<RunResult, 'k' | 'dropout'>): string {
  return dropout === undefined ? `K = ${k}` : `MC Dropout (${dropout.passes} passes, rate ${dropout.rate})`;
}

/** What the report finds where there is something to find. */
export const optionalFindings = [
  'withoutCopies',
  'histogramDistance',
  'pathologies',
  'calibration',
  'labelFree',
  'kCurve',
] as const satisfies readonly (keyof RunResult)[];

/** What of a result the report itself finds. */
export type ReportFindings = Pick<RunResult, 'scores' | 'files' | (typeof optionalFindings)[number]>;

/** What the coordinator tells the scorer for the report: the result without what the report itself finds. */
export interface ReportFacts extends Omit<RunResult, keyof ReportFindings> {
  /** For whoever repeats the run. */
  input: ResolvedRunInput;
  datasetDigest: string;
  /** Keys of the refined maps; null where there are none. */
  refined: { rIntra: string | null; rDual: string | null };
  /** The same of the held-out normal and the unlabeled images; absent where none were held out. */
  reference?: { maps: string; rIntra: string | null; rDual: string | null };
}

/** Object key of a run's held-out scores, `HeldOutScores` as JSON; absent where no normal images were held out. */
export function heldOutKey(runId: string): string {
  return `reports/${runId}/held-out.json`;
}

/** Scores of a run's held-out normal images, rising: what the p-values of new images are worked out from. */
export type HeldOutScores = Partial<Record<ScoreName, number[]>>;
