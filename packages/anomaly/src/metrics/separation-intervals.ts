import type { Interval, Rate } from '@ddad/contract';
import type { BootstrapSettings } from './paired-bootstrap.ts';
import { percentileInterval } from './percentile-interval.ts';
import { drawWeights, type Stratum } from './resample-images.ts';
import { type RankedScore, rankScore, toldShares, weightedFigures } from './weighted-figures.ts';

/** What resamples tell of a score beside its AUC and AP, as a `Separation` holds it. */
export interface SeparationIntervals {
  aucInterval: Interval;
  apInterval: Interval;
  sensitivityAt: Rate[];
  specificityAt: Rate[];
}

/** One score's figures: AUC, AP, sensitivity at two specificities, specificity at two sensitivities. */
const figures = 6;

interface Replicates {
  ranked: RankedScore;
  /** [figures, resamples] */
  values: Float64Array[];
}

/**
 * Bootstrap intervals of how well scores separate the same images: every resample is drawn once, for all scores. In pieces, as
 * it may take seconds.
 */
export class SeparationBootstrap {
  readonly #strata: readonly Stratum[];
  readonly #settings: BootstrapSettings;
  readonly #weights: Uint32Array;
  readonly #scores: ReadonlyMap<string, Replicates>;
  #drawn = 0;

  /**
   * @param scores by name, higher means more abnormal
   * @param labels 1 for abnormal, 0 for normal
   * @param strata of the same images, see `imageStrata`, `patientStrata`
   * @throws RangeError listing every fault of a score, see `labelledScores`
   */
  constructor(
    scores: Iterable<readonly [name: string, values: ArrayLike<number>]>,
    labels: ArrayLike<number>,
    strata: readonly Stratum[],
    settings: BootstrapSettings,
  ) {
    this.#strata = strata;
    this.#settings = settings;
    this.#weights = new Uint32Array(labels.length);
    this.#scores = new Map(
      [...scores].map(([name, values]) => [
        name,
        {
          ranked: rankScore(values, labels),
          values: Array.from({ length: figures }, () => new Float64Array(settings.resamples)),
        },
      ]),
    );
  }

  /** Draws further resamples, no more than there are left. */
  draw(resamples: number): void {
    const last = Math.min(this.#settings.resamples, this.#drawn + resamples);
    for (; this.#drawn < last; this.#drawn += 1) {
      drawWeights(this.#strata, this.#settings.integer, this.#weights);
      for (const { ranked, values } of this.#scores.values()) {
        for (const [figure, value] of figuresOf(ranked, this.#weights).entries())
          values[figure]![this.#drawn] = value;
      }
    }
  }

  /** By score. @throws RangeError before all resamples are drawn */
  intervals(): Map<string, SeparationIntervals> {
    const { resamples, confidence } = this.#settings;
    if (this.#drawn < resamples)
      throw new RangeError(`expected ${resamples} resamples to be drawn, got ${this.#drawn}`);
    const once = new Uint32Array(this.#weights.length).fill(1);
    return new Map(
      [...this.#scores].map(([name, { ranked, values }]) => {
        const found = figuresOf(ranked, once);
        const interval = (figure: number) => percentileInterval(values[figure]!, confidence);
        const rates = (first: number): Rate[] =>
          toldShares.map((at, place) => ({ at, value: found[first + place]!, ...interval(first + place) }));
        return [
          name,
          {
            aucInterval: interval(0),
            apInterval: interval(1),
            sensitivityAt: rates(2),
            specificityAt: rates(4),
          },
        ];
      }),
    );
  }
}

function figuresOf(ranked: RankedScore, weights: Uint32Array): number[] {
  const { auc, ap, sensitivityAt, specificityAt } = weightedFigures(ranked, weights);
  return [auc, ap, ...sensitivityAt, ...specificityAt];
}
