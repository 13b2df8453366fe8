import { addMoments, type PassMoments, passMoments, spread } from '@ddad/anomaly';
import { type InferenceStep, inferenceStep, type Shapes, type Tensor, tf } from '@ddad/compute';
import type { MapMaker } from '../../maps/map-maker.ts';
import type { Ensemble } from '../maps/ensemble.ts';
import { imageScore } from '../maps/map-results.ts';
import { errorBySlope } from './error-by-slope.ts';

/**
 * Members whose gradients are computed in one call. With the pixels of a call they bound its memory, whatever K: a gradient
 * needs all activations of the way forward.
 */
export const membersAtOnce = 4;
/** 32 images of 64×64 pixels. */
const pixelsAtOnce = 131_072;

const fields = ['mean', 'squares', 'variance'] as const;

/**
 * Makes the maps of dual-space uncertainty: the standard deviation (K − 1) over the members of e ⊙ g (`errorBySlope`), of
 * members that estimate σ² divided by the root of their mean σ². Members come in parts; of those that were, mean and
 * squared deviations are kept.
 * @param parts of the NDM, at most `membersAtOnce` members each, two in all at least
 */
export function dsuMapMaker(parts: readonly Ensemble[], side: number): MapMaker {
  const batchSize = Math.max(1, Math.floor(pixelsAtOnce / side ** 2));
  const members = parts.reduce((sum, { sizes }) => sum + sizes.ndm, 0);
  const images = [batchSize, side, side, 1];
  const state: Shapes = Object.fromEntries(fields.map((field) => [field, images]));
  let before = 0;
  const steps = parts.map((part, index): InferenceStep => {
    const place = { before, members, last: index === parts.length - 1 };
    before += part.sizes.ndm;
    return inferenceStep({
      weights: part.weights,
      inputs: { images, ...(index === 0 ? {} : state) },
      compute: (weights, inputs) => resultsOf(part, place, weights, inputs),
      mode: 'graph',
    });
  });
  return {
    batchSize,
    async make(batch, goesOn) {
      let now: Record<string, Float32Array> = {};
      for (const step of steps) {
        now = step.run({ images: batch, ...now });
        if (!(await goesOn())) return null;
      }
      return now;
    },
    dispose() {
      for (const step of steps) step.dispose();
    },
  };
}

/** Moments of the members up to this part; of the last one, map and score. @param place `before`: members of earlier parts */
function resultsOf(
  part: Ensemble,
  { before, members, last }: { before: number; members: number; last: boolean },
  weights: Record<string, Tensor>,
  inputs: Record<string, Tensor>,
): Record<string, Tensor> {
  const { ndm: count } = part.sizes;
  const found = Array.from({ length: count }, (_, index) =>
    errorBySlope((x) => part.reconstructBy('ndm', index, weights, x), inputs.images!),
  );
  const variances = found.flatMap(({ variance }) => variance ?? []);
  const own = passMoments(
    tf.stack(found.map(({ product }) => product)),
    variances.length === 0 ? null : tf.stack(variances),
    tf.ones([count, 1, 1, 1, 1]),
  );
  const earlier: PassMoments = { mean: inputs.mean!, squares: inputs.squares!, variance: inputs.variance! };
  const all = before === 0 ? own : addMoments([earlier, own], [tf.scalar(before), tf.scalar(count)]);
  if (!last) return { ...all };
  const map = spread(all.squares, members - 1, variances.length === 0 ? null : all.variance);
  return { 'map.dsu': map, dsu: imageScore(map) };
}
