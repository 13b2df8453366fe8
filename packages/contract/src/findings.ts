import { z } from 'zod';
import { byScore } from './score-definition.ts';

const share = z.number().min(0).max(1);

/** Ends of a bootstrap interval. */
const intervalSchema = z.object({ low: share, high: share });
export type Interval = z.infer<typeof intervalSchema>;

/** The best share of one class called right where of the other one at least `at` is, with its interval. */
const rateSchema = intervalSchema.extend({ at: share, value: share });
export type Rate = z.infer<typeof rateSchema>;

/**
 * How well a score separates abnormal from normal test images: area under the ROC curve and average precision. Where a score
 * is one network's of several, mean and standard deviation (over their number) of AUC over all of them stand beside it.
 * Intervals are those that `intervals` of the findings tells of; absent of groups of images, and in results from before there
 * were any.
 */
export const separationSchema = z.object({
  auc: share,
  ap: share,
  aucInterval: intervalSchema.optional(),
  apInterval: intervalSchema.optional(),
  /** Sensitivity where the specificity is at least 90 % and 95 %. */
  sensitivityAt: z.array(rateSchema).optional(),
  /** Specificity where the sensitivity is at least 90 % and 95 %. */
  specificityAt: z.array(rateSchema).optional(),
  aucMean: share.optional(),
  aucStd: z.number().min(0).optional(),
});
export type Separation = z.infer<typeof separationSchema>;

/** Scores that a run gives, by name, in the order of their definitions. */
export const runScoresSchema = byScore(separationSchema);
export type RunScores = z.infer<typeof runScoresSchema>;

/** Abnormal test images that show one pathology against all normal test images. */
const pathologyScoresSchema = z.object({
  name: z.string(),
  /** Abnormal test images that show it, whatever else they show. */
  images: z.int(),
  /** Images of the run's D_u that show it, where the dataset says so. */
  unlabeled: z.int(),
  /** Whether the run's D_u holds it; null where D_u has images of which nobody says what they show. */
  seen: z.boolean().nullable(),
  /** Null where no abnormal test image shows it. */
  scores: runScoresSchema.nullable(),
});
export type PathologyScores = z.infer<typeof pathologyScoresSchema>;

/** Abnormal test images that show pathologies of one group alone against all normal test images. */
const pathologyGroupSchema = z.object({
  pathologies: z.array(z.string()),
  images: z.int(),
  /** Null where there are no such images. */
  scores: runScoresSchema.nullable(),
});
export type PathologyGroup = z.infer<typeof pathologyGroupSchema>;

/** Settings A (seen) and B (unseen) of the paper's Table 4. */
const seenAndUnseenSchema = z.object({
  seen: pathologyGroupSchema,
  unseen: pathologyGroupSchema,
  /** Abnormal test images in neither group: they show pathologies of both, or one of which nobody knows whether it is seen. */
  neither: z.int(),
});
export type SeenAndUnseen = z.infer<typeof seenAndUnseenSchema>;

/** AUC and AP by pathology. */
const pathologyResultSchema = z.object({
  /** Normal test images, against which all others are held. */
  normals: z.int(),
  /** Every pathology of the dataset, by name. */
  each: z.array(pathologyScoresSchema),
  /** By what this run's D_u holds. */
  byRun: seenAndUnseenSchema,
  /**
   * By what the dataset's whole unlabeled pool holds: the same images in every run on the dataset. Table 4 wants these, as
   * its control has a D_u of normal images, which by itself has seen nothing.
   */
  byPool: seenAndUnseenSchema,
  /** Abnormal test images of which no pathology is named; they are in no group. */
  unnamed: z.int(),
});
export type PathologyResult = z.infer<typeof pathologyResultSchema>;

/** A score's threshold and what it gives on the test images; both rates are null where they have no labels. */
const thresholdSchema = z.object({
  /** An image that scores higher is called abnormal. */
  threshold: z.number(),
  /** Share of the abnormal test images called abnormal. */
  sensitivity: share.nullable(),
  /** Share of the normal test images called normal. */
  specificity: share.nullable(),
});
export type Threshold = z.infer<typeof thresholdSchema>;

/** Thresholds from held-out normal images, which no network was trained on (split conformal prediction). */
const calibrationSchema = z.object({
  /** How many normal images were held out. */
  images: z.int(),
  /** Of new normal images, at most this share is expected above a threshold. */
  falsePositiveRate: z.number(),
  /** Null where the images are too few for the rate. */
  thresholds: byScore(thresholdSchema).nullable(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** What can be said of scores without any label of a test image, for choosing settings. Never mixed with `scores`. */
const labelFreeSchema = z.object({
  /** How many unlabeled images (D_u) and held-out normal images. */
  images: z.object({ unlabeled: z.int(), heldOut: z.int() }),
  scores: byScore(
    z.object({
      /** AUC of the unlabeled against the held-out normal images; null without unlabeled ones. */
      auc: share.nullable(),
      /** Mean score of the held-out normal images. */
      heldOutMean: z.number(),
    }),
  ),
});
export type LabelFree = z.infer<typeof labelFreeSchema>;

/** Mean and standard deviation (over their number) of a figure of several ensembles. */
const spreadSchema = z.object({ mean: z.number(), std: z.number() });
export type Spread = z.infer<typeof spreadSchema>;

/** How ensembles of k members per role do, each a subset of a run's members, the same indices for every role. */
const kCurvePointSchema = z.object({
  k: z.int(),
  /** How many subsets: all there are, or a hundred drawn ones. */
  subsets: z.int(),
  /** A score that takes more members than k is absent. */
  scores: byScore(z.object({ auc: spreadSchema, ap: spreadSchema })),
});
export type KCurvePoint = z.infer<typeof kCurvePointSchema>;

/** How well a score's maps show where something is, over the pixels of all images together. */
const pixelFiguresSchema = z.object({
  auroc: share,
  ap: share,
  /** Area under the per-region overlap over the false positive rate, up to 0.3, as a share of it; regions are 8-connected. */
  aupro: share,
  /** Best Dice of all thresholds, and the smallest value that is called abnormal then. */
  bestDice: share,
  bestThreshold: z.number(),
  /** The (1 − falsePositiveRate) quantile of the held-out normal images' pixels; absent where none were held out. */
  threshold: z.number().optional(),
  /** Dice of the pixels above it. */
  diceAtThreshold: share.optional(),
});
export type PixelFigures = z.infer<typeof pixelFiguresSchema>;

/** What masks of the test images tell of the maps. */
const pixelTruthSchema = z.object({
  images: z.object({
    /** Normal test images: nothing is in them. */
    normal: z.int(),
    /** Those with a mask. */
    masked: z.int(),
    /** Others, of which nobody says where something is: their pixels do not count. */
    withoutMask: z.int(),
  }),
  /** Of held-out normal images' pixels, at most this share lies above a threshold; absent where none were held out. */
  falsePositiveRate: z.number().optional(),
  /** Of every score that has a map; null where all pixels are inside of masks, or all outside. */
  scores: byScore(pixelFiguresSchema).nullable(),
});
export type PixelTruthResult = z.infer<typeof pixelTruthSchema>;

/** How the intervals of `scores` were found: percentiles over resamples of the test images, of each class by itself. */
const intervalsSchema = z.object({
  /** Share of the resamples within an interval. */
  confidence: share,
  resamples: z.int(),
  /** What was drawn: images, or patients with all of their images. */
  by: z.enum(['image', 'patient']),
  /** How many of them there are; an image without a known patient counts as one. */
  units: z.int(),
});
export type Intervals = z.infer<typeof intervalsSchema>;

/** What an evaluation finds, `evaluation.json`. */
export const findingsSchema = z.object({
  /** Null where the test images have no labels, or there are none. */
  scores: runScoresSchema.nullable(),
  /** Absent where `scores` is null, and in results from before there were intervals. */
  intervals: intervalsSchema.optional(),
  /** The same without the test images that have a copy among the training images; absent where there is no copy. */
  withoutCopies: z.object({ images: z.int(), scores: runScoresSchema.nullable() }).optional(),
  /** χ² distance of the normal and the abnormal images' score histograms (Fig. 8), 0..100; absent where `scores` is null. */
  histogramDistance: byScore(z.number()).optional(),
  /** Absent where the dataset names no pathologies, or `scores` is null. */
  pathologies: pathologyResultSchema.optional(),
  /** Absent where the dataset has no masks, or the run no maps. */
  pixelTruth: pixelTruthSchema.optional(),
  /** Absent where no normal images were held out. */
  calibration: calibrationSchema.optional(),
  /** Absent where no normal images were held out. */
  labelFree: labelFreeSchema.optional(),
  /** By k, from 1 on: what a smaller K would have given. Absent where there is no curve, and where `scores` is null. */
  kCurve: z.array(kCurvePointSchema).optional(),
});
export type Findings = z.infer<typeof findingsSchema>;

/** Scores of a run's held-out normal images, rising: what the p-values of new images are worked out from. */
export const heldOutScoresSchema = byScore(z.array(z.number()));
export type HeldOutScores = z.infer<typeof heldOutScoresSchema>;
