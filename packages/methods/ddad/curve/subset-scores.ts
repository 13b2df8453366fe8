import { type InferenceStep, inferenceStep, type Shapes, type Tensor, tf } from '@ddad/compute';
import {
  foregroundGrey,
  leastBrightness,
  peakWindow,
  type Reduction,
  reducedName,
  reductions,
  topPixels,
} from '@ddad/contract';

type Tensor4D = ReturnType<typeof tf.tensor4d>;

/** What reductions take of the maps' images. */
interface ImageLevels {
  /** [N] */
  brightness: Tensor;
  /** 1 where a pixel counts, [N,P]. */
  foreground: Tensor;
}

/** @param images in [-1,1], [N,P] */
function imageLevels(images: Tensor): ImageLevels {
  const share = images.add(1).div(2);
  // Half a grey level below, so that rounding does not decide.
  const bright = tf.cast(tf.greater(share, (foregroundGrey - 0.5) / 255), 'float32');
  return {
    brightness: tf.maximum(tf.mean(share.square(), 1).sqrt(), leastBrightness),
    foreground: bright.add(tf.sub(1, tf.max(bright, 1, true))),
  };
}

/** As `@ddad/anomaly` has them of one map; here of those of many subsets, [S·N,H,H] to [S·N]. */
function reduceMaps(
  maps: Tensor,
  side: number,
  { brightness, foreground }: ImageLevels,
): Record<Reduction, Tensor> {
  const area = side * side;
  const top = tf.mean(tf.topk(maps.reshape([-1, area]), topPixels(area), false).values, 1);
  const channels = maps.reshape([-1, side, side, 1]) as Tensor4D;
  return {
    top,
    peak: tf.max(tf.avgPool(channels, peakWindow(side), 1, 'valid'), [1, 2, 3]),
    relative: top
      .reshape([-1, ...brightness.shape])
      .div(brightness)
      .reshape([-1]),
    foreground: tf
      .sum(maps.reshape([-1, ...foreground.shape]).mul(foreground), 2)
      .div(tf.sum(foreground, 1))
      .reshape([-1]),
  };
}

/** What a step over subsets is fixed to. */
export interface SubsetStepShape {
  /** Subsets a call. */
  subsets: number;
  members: number;
  images: number;
  /** Pixels of an image. */
  pixels: number;
  /** Whether there are UDM members. */
  udm: boolean;
  /** Whether the NDM members estimate a variance (AE-U). */
  variance: boolean;
  /** What becomes of the maps: their means, or their reductions. */
  of: 'means' | 'reductions';
}

/**
 * Image scores of many subsets of the members at once, from the members' reconstructions. With W the subsets' weights
 * (1/k for each of a subset's members, else 0) every mean over a subset is a row of a product with W:
 * recEnsemble from μ = μ_all + W·D with D = x̂ − μ_all, A_intra (eq. 3) from the variance W·D² − (W·D)², A_inter (eq. 4)
 * from W·(D_A − D_B), and σ² (eqs. 6 and 7) = W·V. The members' mean over all is taken off first: what is squared and
 * subtracted then is as small as the members' spread, and float32 is enough.
 *
 * Inputs: `weights` [S,K], `images` [N·P], `ndm`, and where there are some `udm` and `variance`, [K,N·P].
 * Results: `recEnsemble`, `aIntra` and `aInter`, or of each of these the reductions' names, [S,N] each. Rows of subsets without members mean nothing.
 */
export function subsetStep(shape: SubsetStepShape): InferenceStep {
  const { subsets, members, images, pixels, udm, variance } = shape;
  const side = Math.sqrt(pixels);
  const area = images * pixels;
  const inputs: Shapes = { weights: [subsets, members], images: [area], ndm: [members, area] };
  if (udm) inputs.udm = [members, area];
  if (variance) inputs.variance = [members, area];
  return inferenceStep({
    weights: new Map(),
    inputs,
    compute: (_, given) => {
      const over = (values: Tensor): Tensor => tf.matMul(given.weights!, values);
      const mean = tf.mean(given.ndm!, 0);
      const deviations = given.ndm!.sub(mean);
      // [S,N·P] from here on.
      const shift = over(deviations);
      const spread = tf.relu(over(deviations.square()).sub(shift.square()));
      const sigma2 = variance ? over(given.variance!) : null;
      const sigma = sigma2 === null ? null : sigma2.sqrt();
      const levels = imageLevels(given.images!.reshape([images, pixels]));
      const scores: Record<string, Tensor> = {};
      const score = (name: string, map: Tensor, uncertainty: Tensor | null): void => {
        const refined = uncertainty === null ? map : map.div(uncertainty);
        if (shape.of === 'means') {
          scores[name] = tf.mean(refined.reshape([subsets, images, pixels]), 2);
          return;
        }
        const maps = refined.reshape([subsets * images, side, side]);
        const reduced = reduceMaps(maps, side, levels);
        for (const reduction of reductions)
          scores[reducedName(name, reduction)] = reduced[reduction].reshape([subsets, images]);
      };
      score('recEnsemble', given.images!.sub(mean).sub(shift).square(), sigma2);
      score('aIntra', spread.sqrt(), sigma);
      if (udm) {
        const meanUdm = tf.mean(given.udm!, 0);
        const apart = over(deviations.sub(given.udm!.sub(meanUdm)));
        score('aInter', mean.sub(meanUdm).add(apart).abs(), sigma);
      }
      return scores;
    },
    mode: 'graph',
  });
}
