import { join } from 'node:path';
import { memberSubsets } from '@ddad/anomaly';
import { inferenceStep, randomStream, recordedEnvironment, type Tensor, tf } from '@ddad/compute';
import { reducedNames } from '@ddad/contract';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { writeSafetensors } from '@ddad/storage/safetensors';
import type { KCurveSpec } from '../kinds.ts';
import { loadEnsemble } from '../maps/ensemble.ts';
import { subsetStep } from './subset-scores.ts';

/** Subsets a call. */
const rows = 64;
/** Pixels a call: with the rows, a tensor of a call takes 8 MB. */
const pixelsPerCall = 32_768;

/**
 * Scores the test images with every subset of the members, of every size: file `scores`, tensors `NAME.k` ([subsets,T]) for
 * `recEnsemble`, `aInter` and, from k = 2 on, `aIntra`, or of their reductions, as the specification says. The same subset of indices is taken of both roles. Which ones are
 * drawn, where there are more than the specification wants, depends on the numbers alone.
 */
export async function makeKCurve(
  task: MakeTask<KCurveSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const started = performance.now();
  const images = await readSpecifiedImages('images', task);
  const side = spec.imageSize;
  const pixels = side * side;
  const members = spec.ndm.length;
  const udm = spec.udm.length > 0;
  const count = task.images.length;
  const batchSize = Math.max(1, Math.floor(pixelsPerCall / pixels));
  const ensemble = await loadEnsemble(task);
  let variance = false;
  const reconstruct = inferenceStep({
    weights: ensemble.weights,
    inputs: { images: [batchSize, side, side, 1] },
    compute: (weights, inputs) => {
      const ndm = ensemble.reconstruct('ndm', weights, inputs.images!);
      const variances = ndm.flatMap(({ variance: own }) => own ?? []);
      variance = variances.length > 0;
      const results: Record<string, Tensor> = { ndm: tf.stack(ndm.map(({ image }) => image)) };
      if (variance) results.variance = tf.stack(variances);
      if (udm) {
        const found = ensemble.reconstruct('udm', weights, inputs.images!);
        results.udm = tf.stack(found.map(({ image }) => image));
      }
      return results;
    },
    mode: 'graph',
  });
  const of = spec.of ?? 'means';
  const score = subsetStep({ subsets: rows, members, images: batchSize, pixels, udm, variance, of });
  try {
    context.ready();
    const subsets = subsetsBySize(members, spec.subsets);
    const all = subsets.flatMap(({ subsets: own }) => own);
    const weights = all.map((subset) => weightsOf(subset, members));
    const maps = ['recEnsemble', 'aIntra', ...(udm ? ['aInter'] : [])];
    const found = maps.flatMap((map) =>
      (of === 'means' ? [map] : reducedNames(map)).map((name) => ({
        map,
        name,
        scores: new Float32Array(all.length * count),
      })),
    );
    const batch = new Float32Array(batchSize * pixels);
    for (let start = 0; start < count; start += batchSize) {
      const end = Math.min(start + batchSize, count);
      batch.fill(0);
      batch.set(images.subarray(start * pixels, end * pixels));
      const reconstructions = reconstruct.run({ images: batch });
      for (let row = 0; row < all.length; row += rows) {
        const chunk = new Float32Array(rows * members);
        for (const [place, own] of weights.slice(row, row + rows).entries()) chunk.set(own, place * members);
        const scores = score.run({ weights: chunk, images: batch, ...reconstructions });
        for (const { name, scores: target } of found) {
          for (let place = 0; place < Math.min(rows, all.length - row); place += 1) {
            const own = scores[name]!.subarray(place * batchSize, place * batchSize + end - start);
            target.set(own, (row + place) * count + start);
          }
        }
        // Seconds, as the maps: there is nothing to keep of half of it.
        if (!(await goesOn(context))) return null;
      }
      const seconds = (performance.now() - started) / 1000;
      context.progress({ done: end, total: count, loss: null, imagesPerSecond: end / seconds });
    }
    const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
    let from = 0;
    for (const { size, subsets: own } of subsets) {
      for (const { map, name, scores } of found) {
        if (map === 'aIntra' && size < 2) continue;
        // Subsets of a size lie together: of hundreds of megabytes there is no copy, here or in the file's writing.
        const data = scores.subarray(from * count, (from + own.length) * count);
        tensors.set(`${name}.${size}`, { shape: [own.length, count], data });
      }
      from += own.length;
    }
    const files = { scores: join(directory, 'k-curve.safetensors') };
    await writeSafetensors(files.scores, tensors);
    const seconds = (performance.now() - started) / 1000;
    return { files, loss: null, seconds, environment: recordedEnvironment(task.threads) };
  } finally {
    reconstruct.dispose();
    score.dispose();
  }
}

function subsetsBySize(members: number, atMost: number): { size: number; subsets: number[][] }[] {
  return Array.from({ length: members }, (_, place) => {
    const size = place + 1;
    const stream = randomStream(0, 'k-curve', members, size);
    return { size, subsets: memberSubsets(members, size, atMost, (below) => stream.integer(0, below - 1)) };
  });
}

function weightsOf(subset: readonly number[], members: number): Float32Array {
  const weights = new Float32Array(members);
  for (const member of subset) weights[member] = 1 / subset.length;
  return weights;
}
