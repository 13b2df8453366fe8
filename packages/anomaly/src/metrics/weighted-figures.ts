import { labelledScores } from './labelled-scores.ts';

/** Shares of one class called right, at which the share of the other is told. */
export const toldShares = [0.9, 0.95] as const;

/** One class' images by falling score, and where they stand among those of the other one. */
interface RankedClass {
  /** Positions of the images, highest score first. */
  order: Uint32Array;
  /** By place in that order: how many of the other class score higher. */
  above: Uint32Array;
  /** By place in that order: how many of the other class score as high or higher. */
  atOrAbove: Uint32Array;
  /** By place in that order: how many of the same class score as high or higher. */
  upTo: Uint32Array;
  /** Room for how often the images up to a place count: [length + 1], from 0. */
  counted: Uint32Array;
}

/** A score's images in order: whatever they count, its figures take no sorting, and no looking at labels. */
export interface RankedScore {
  normal: RankedClass;
  abnormal: RankedClass;
}

/** Figures of a score on images of which each counts several times, once or not at all. All are shares, 0..1. */
export interface WeightedFigures {
  auc: number;
  ap: number;
  /** By `toldShares`: the largest sensitivity of any threshold whose specificity is at least that. */
  sensitivityAt: [number, number];
  /** By `toldShares`: the largest specificity of any threshold whose sensitivity is at least that. */
  specificityAt: [number, number];
}

/** @throws RangeError listing every fault of the input, see `labelledScores` */
export function rankScore(scores: ArrayLike<number>, labels: ArrayLike<number>): RankedScore {
  const { order } = labelledScores(scores, labels);
  const [normal, abnormal] = [0, 1].map((label) => order.filter((image) => labels[image] === label)) as [
    Uint32Array,
    Uint32Array,
  ];
  const rankedClass = (own: Uint32Array, other: Uint32Array): RankedClass => ({
    order: own,
    above: countsOver(scores, own, other, (score, of) => score > of),
    atOrAbove: countsOver(scores, own, other, (score, of) => score >= of),
    upTo: countsOver(scores, own, own, (score, of) => score >= of),
    counted: new Uint32Array(own.length + 1),
  });
  return { normal: rankedClass(normal, abnormal), abnormal: rankedClass(abnormal, normal) };
}

/** Of each image of one order, how many of another one are above it; both fall. */
function countsOver(
  scores: ArrayLike<number>,
  own: Uint32Array,
  other: Uint32Array,
  above: (score: number, of: number) => boolean,
): Uint32Array {
  let count = 0;
  return own.map((image) => {
    while (count < other.length && above(scores[other[count]!]!, scores[image]!)) count += 1;
    return count;
  });
}

/** What rounding may take off a share of a count: 0.95 of 20 is 19. */
const rounding = 1e-9;

/**
 * Two passes without a branch, since resampling keeps the order: what thousands of resamples of many images need.
 * @param weights by image: how often it counts; at least one image of each class does
 */
export function weightedFigures({ normal, abnormal }: RankedScore, weights: Uint32Array): WeightedFigures {
  const normals = count(normal, weights);
  const abnormals = count(abnormal, weights);
  const { order, above, atOrAbove, upTo } = abnormal;
  const [called, found] = [normal.counted, abnormal.counted];
  let [area, precision] = [0, 0];
  for (let place = 0; place < order.length; place += 1) {
    const weight = weights[order[place]!]!;
    const at = called[atOrAbove[place]!]!;
    const hits = found[upTo[place]!]!;
    // Normal images below, a tie counting one half.
    area += weight * (normals - (called[above[place]!]! + at) / 2);
    // Images that count nowhere down to here have no precision, and no weight.
    precision += (weight * hits) / Math.max(1, hits + at);
  }
  const sensitivity = (specificity: number) => {
    // The first normal image that may not be called abnormal: what scores higher is found.
    const most = Math.floor((1 - specificity) * normals + rounding);
    const place = firstOver(called, most);
    return found[normal.above[place]!]! / abnormals;
  };
  const specificity = (wanted: number) => {
    // The last abnormal image that has to be found: what scores as high is called abnormal.
    const least = Math.ceil(wanted * abnormals - rounding);
    const place = firstOver(found, least - 1);
    return (normals - called[atOrAbove[place]!]!) / normals;
  };
  return {
    auc: area / (normals * abnormals),
    ap: precision / abnormals,
    sensitivityAt: [sensitivity(toldShares[0]), sensitivity(toldShares[1])],
    specificityAt: [specificity(toldShares[0]), specificity(toldShares[1])],
  };
}

/** Counts a class' images up to each place. @returns all of them together */
function count({ order, counted }: RankedClass, weights: Uint32Array): number {
  let sum = 0;
  for (let place = 0; place < order.length; place += 1) {
    sum += weights[order[place]!]!;
    counted[place + 1] = sum;
  }
  return sum;
}

/** The first place up to which, its own image among them, more than so many count. @param counted more at its end */
function firstOver(counted: Uint32Array, most: number): number {
  let [low, high] = [0, counted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (counted[middle + 1]! > most) high = middle;
    else low = middle + 1;
  }
  return low;
}
