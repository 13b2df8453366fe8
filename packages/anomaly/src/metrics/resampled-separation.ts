import type { Separation } from '@ddad/contract';
import { labelledScores } from './labelled-scores.ts';

export interface BootstrapSettings {
  /** How many resamples; thousands for an interval of two digits. */
  resamples: number;
  /** Share of the replicates within an interval, e.g. 0.95: a percentile interval. */
  confidence: number;
  /** A whole number from 0 to `below` − 1, each equally likely. */
  integer: (below: number) => number;
}

/** A difference, second minus first, and the interval that holds the given share of its bootstrap replicates. */
export interface Difference {
  value: number;
  low: number;
  high: number;
}

/** A score with the images in falling order and where runs of equal scores end. */
export interface Ranked {
  order: Uint32Array;
  /** True where the next image in order has another score, and at the end. */
  ends: boolean[];
}

/** @throws RangeError listing every fault of the input, see `labelledScores` */
export function rank(scores: ArrayLike<number>, labels: ArrayLike<number>): Ranked {
  const { order } = labelledScores(scores, labels);
  const ends = Array.from(order, (image, place) => {
    const next = order[place + 1];
    return next === undefined || scores[next] !== scores[image];
  });
  return { order, ends };
}

/** AUC and AP of images that count several times or not at all: one pass, since resampling keeps the order. */
export function weightedSeparation(
  { order, ends }: Ranked,
  labels: ArrayLike<number>,
  weights: Uint32Array,
): Separation {
  const found = { normal: 0, abnormal: 0 };
  const before = { normal: 0, abnormal: 0 };
  let [area, precision] = [0, 0];
  for (let place = 0; place < order.length; place += 1) {
    const image = order[place]!;
    if (labels[image] === 1) found.abnormal += weights[image]!;
    else found.normal += weights[image]!;
    if (!ends[place]) continue;
    // Trapezium of the ROC curve, and step of the precision-recall curve, in counts.
    area += ((found.normal - before.normal) * (found.abnormal + before.abnormal)) / 2;
    const called = found.normal + found.abnormal;
    if (called > 0) precision += ((found.abnormal - before.abnormal) * found.abnormal) / called;
    before.normal = found.normal;
    before.abnormal = found.abnormal;
  }
  return { auc: area / (found.normal * found.abnormal), ap: precision / found.abnormal };
}

/**
 * Resamples of images: as many normal and as many abnormal ones as there are, drawn with replacement.
 * @yields how often each image was drawn; valid until the next one is asked for
 */
export function* stratifiedResamples(
  labels: ArrayLike<number>,
  resamples: number,
  integer: BootstrapSettings['integer'],
): Generator<Uint32Array> {
  const classes = [0, 1].map((label) =>
    Uint32Array.from(Array.from(labels).flatMap((own, image) => (own === label ? [image] : []))),
  );
  const weights = new Uint32Array(labels.length);
  for (let resample = 0; resample < resamples; resample += 1) {
    weights.fill(0);
    for (const images of classes) {
      for (let draw = 0; draw < images.length; draw += 1) weights[images[integer(images.length)]!]! += 1;
    }
    yield weights;
  }
}

/** The interval of a figure's replicates. @param replicates sorted by this */
export function percentileInterval(replicates: Float64Array, value: number, confidence: number): Difference {
  replicates.sort();
  const at = (share: number) => replicates[Math.round(share * (replicates.length - 1))]!;
  return { value, low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}
