import { maskRegions } from './mask-regions.ts';
import type { ScoreBins } from './score-bins.ts';

/** How well maps show where something is, over all pixels of all images together. */
export interface PixelFigures {
  /** Area under the ROC curve of all pixels. */
  auroc: number;
  /** Average precision of all pixels. */
  ap: number;
  /** Area under the per-region overlap over the false positive rate, up to `proLimit`, as a share of it; see `PixelTruth`. */
  aupro: number;
  /** Best Dice of all thresholds, all pixels together, and that threshold. */
  bestDice: number;
  bestThreshold: number;
  /** Dice of the pixels above the given threshold; absent where none was given. */
  diceAtThreshold?: number;
}

/** False positive rate up to which the overlap counts, as in MVTec AD and anomalib. */
export const proLimit = 0.3;

/**
 * Compares maps with masks, image after image, in memory that does not grow with their number (some 64 MiB): pixels are counted
 * in bins that hold about as many of them each. Up to some 100,000 pixels figures differ from exact ones by less than 1e-6. With millions
 * some share a bin: AP, which is of few pixels inside of masks, by up to some 1e-5, low where precision falls along the ranking; AUROC by less.
 *
 * AUPRO: at a threshold, each region of a mask (8-connected) has an overlap, the share of its pixels at or above it; their mean over
 * all regions of all images is the per-region overlap, and the false positive rate is the share of all pixels outside of masks at
 * or above the threshold. A pixel of a region of s pixels hence adds 1/s.
 *
 * @example
 * const map = Float32Array.of(0.1, 0.9, 0.2, 0.3);
 * const bins = new ScoreBins();
 * bins.add(map);
 * const truth = new PixelTruth(bins);
 * truth.add(map, [0, 1, 0, 0], 2);
 * truth.figures()?.auroc // 1
 */
export class PixelTruth {
  readonly #bins: ScoreBins;
  readonly #outside: Uint32Array;
  readonly #inside: Uint32Array;
  /** By bin, the sum of 1/s over pixels of regions of s pixels. */
  readonly #overlap: Float64Array;
  readonly #threshold: number | undefined;
  readonly #atThreshold = { inside: 0, outside: 0 };
  #regions = 0;

  /**
   * @param bins that all scores of the maps were counted for
   * @param threshold score above which pixels are called abnormal, for `diceAtThreshold`
   */
  constructor(bins: ScoreBins, threshold?: number) {
    this.#bins = bins;
    this.#threshold = threshold;
    this.#outside = new Uint32Array(bins.size);
    this.#inside = new Uint32Array(bins.size);
    this.#overlap = new Float64Array(bins.size);
  }

  /**
   * Counts an image's pixels.
   * @param map scores, higher means more abnormal; rows from the top
   * @param mask above 0 where something is; of the map's size
   * @throws RangeError on other sizes, or a score that is no number; nothing is counted then
   */
  add(map: Float32Array, mask: ArrayLike<number>, width: number): void {
    if (map.length !== mask.length || width < 1 || map.length % width !== 0) {
      throw new RangeError(
        `expected map and mask of one size and whole rows of ${width}, got ${map.length} and ${mask.length} pixels`,
      );
    }
    for (let at = 0; at < map.length; at++) {
      if (Number.isNaN(map[at]!)) throw new RangeError(`pixel ${at}: expected a score, got NaN`);
    }
    const { regions, sizes } = maskRegions(mask, width);
    this.#regions += sizes.length;
    const threshold = this.#threshold ?? Number.POSITIVE_INFINITY;
    const bins = this.#bins.of(map);
    for (let at = 0; at < map.length; at++) {
      const score = map[at]!;
      const bin = bins[at]!;
      const region = regions[at]!;
      if (region < 0) this.#outside[bin]! += 1;
      else {
        this.#inside[bin]! += 1;
        this.#overlap[bin]! += 1 / sizes[region]!;
      }
      if (score > threshold) this.#atThreshold[region < 0 ? 'outside' : 'inside'] += 1;
    }
  }

  /** @returns null where all pixels were inside of masks, or all outside: there is nothing to compare */
  figures(): PixelFigures | null {
    const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
    const [inside, outside] = [sum(this.#inside), sum(this.#outside)];
    if (inside === 0 || outside === 0) return null;
    let [hits, alarms, overlap] = [0, 0, 0];
    let [auroc, ap, aupro] = [0, 0, 0];
    let [bestDice, bestBin] = [0, this.#bins.size - 1];
    const limit = proLimit * outside;
    for (let bin = this.#bins.size - 1; bin >= 0; bin--) {
      const [more, wrong, covered] = [this.#inside[bin]!, this.#outside[bin]!, this.#overlap[bin]!];
      if (more === 0 && wrong === 0) continue;
      // Trapezia: within a bin pixels are tied.
      auroc += wrong * (hits + more / 2);
      const within = Math.min(wrong, Math.max(0, limit - alarms));
      if (within > 0) aupro += within * (overlap + (covered * within) / wrong / 2);
      hits += more;
      alarms += wrong;
      overlap += covered;
      ap += more * (hits / (hits + alarms));
      const found = dice(hits, alarms, inside);
      if (found > bestDice) [bestDice, bestBin] = [found, bin];
    }
    const { inside: called, outside: falsely } = this.#atThreshold;
    return {
      auroc: auroc / (inside * outside),
      ap: ap / inside,
      aupro: aupro / (limit * this.#regions),
      bestDice,
      bestThreshold: this.#bins.lowest(bestBin),
      ...(this.#threshold === undefined ? {} : { diceAtThreshold: dice(called, falsely, inside) }),
    };
  }
}

/** 2|A∩B| / (|A| + |B|) of the pixels called abnormal and the masks. */
const dice = (hits: number, alarms: number, inside: number) => (2 * hits) / (hits + alarms + inside);
