import type { HeldOutScores, PageSpec, RunResult, ScoreDefinition, ShownArtifact } from '@ddad/contract';

/** An artifact of the run, with what its manifest says: what it is, where and how it was made. */
export interface ReportArtifact extends ShownArtifact {
  /** Everything that decides it. */
  spec: object;
  files: Readonly<Record<string, { sha256: string; bytes: number }>>;
  seconds: number;
  worker: string;
  /** ISO 8601. */
  finishedAt: string;
  environment: Readonly<Record<string, string | number>>;
  /** Mean loss per epoch. */
  history?: readonly number[] | undefined;
}

/** Heat maps of all test images, of one score, which is their mean. They are read in pieces: together they may be large. */
export interface HeatMaps {
  /** [T, side, side] */
  shape: readonly number[];
  /**
   * Pixel scores, none negative.
   * @param first place of an image
   * @returns [images, side, side]
   */
  read(first: number, images: number): Promise<Float32Array>;
}

/** The test images with all that was found on them; T is their number. */
export interface TestImages {
  /** 1 for abnormal; null where nobody knows. */
  labels: readonly (0 | 1)[] | null;
  /** True for images that have a copy among the training images. */
  copies: readonly boolean[];
  /** Image scores by name, [T] each, as scores.csv lists them. */
  scores: Readonly<Record<string, ArrayLike<number>>>;
  /** What is named of the images, with the places of those that show it, rising; absent where nothing is. */
  pathologies?: readonly { name: string; images: readonly number[] }[];
  /** Side of the square images in pixels. */
  side: number;
  /**
   * The images themselves.
   * @param images places of some of them
   * @returns [images, side, side]
   */
  pixels(images: readonly number[]): Promise<Uint8Array>;
  /** By score. */
  maps: Readonly<Record<string, HeatMaps>>;
  /**
   * An image's mask; absent where the dataset has none.
   * @returns [side, side], above 0 where something is; null for an image without one
   */
  mask?(image: number): Promise<Uint8Array | null>;
}

/** All that a report shows. */
export interface ReportData
  extends Pick<
    PageSpec,
    'heading' | 'input' | 'datasetDigest' | 'trainsOnUnlabeled' | 'roles' | 'stages' | 'separations'
  > {
  /** What report.json holds; every figure of the run's result is shown from here. */
  result: RunResult;
  /** Of the scores that the run may give, in the order in which they are shown. */
  definitions: readonly ScoreDefinition[];
  /** With those of the result's members among them. */
  artifacts: readonly ReportArtifact[];
  /** Null where the dataset has no test images. */
  test: TestImages | null;
  /** Scores of the held-out normal images, rising; absent where none were held out. */
  heldOut?: HeldOutScores;
}
