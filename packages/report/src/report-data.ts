import type { ResolvedRunInput, RunResult, ScoreName } from '@ddad/contract';

/** The heat maps of a run, in the order of the paper's Fig. 9; each is named as the image score that is its mean. */
export const mapNames = ['recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual'] as const;
export type MapName = (typeof mapNames)[number];

/** What a manifest says of an artifact: what it is, where and how it was made. */
export interface ArtifactFacts {
  key: string;
  /** Everything that decides it. */
  spec: object;
  files: Readonly<Record<string, { sha256: string; bytes: number }>>;
  seconds: number;
  worker: string;
  /** ISO 8601. */
  finishedAt: string;
  environment: Readonly<Record<string, string | number>>;
  /** Mean loss per epoch. */
  history?: readonly number[];
}

/** The test images with all that was found on them; T is their number. */
export interface TestImages {
  /** 1 for abnormal; null where nobody knows. */
  labels: readonly (0 | 1)[] | null;
  /** True for images that have a copy among the training images. */
  copies: readonly boolean[];
  /** Image scores, [T] each, as scores.csv lists them. */
  scores: Partial<Record<ScoreName, ArrayLike<number>>>;
  /** Side of the square images in pixels. */
  side: number;
  /** [T, side, side] */
  pixels: Uint8Array;
  /** Pixel scores, [T, side, side] each. */
  maps: Partial<Record<MapName, Float32Array>>;
}

/** All that a report shows. */
export interface ReportData {
  /** What report.json holds; every figure of the run's result is shown from here. */
  result: RunResult;
  input: ResolvedRunInput;
  datasetDigest: string;
  /** Manifests' facts, in the order of `result.members`. */
  members: readonly ArtifactFacts[];
  refiners: Partial<Record<'rIntra' | 'rDual', ArtifactFacts>>;
  /** Maps and refined maps by name; empty without test images. */
  others: Partial<Record<'maps' | 'refined rIntra' | 'refined rDual', ArtifactFacts>>;
  /** Null where the dataset has no test images. */
  test: TestImages | null;
}
