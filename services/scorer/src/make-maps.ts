import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reconstructionError } from '@ddad/anomaly';
import { inferenceStep, recordedEnvironment, type Tensor, tf } from '@ddad/compute';
import { networkInput, pixelsDigest, readImages } from '@ddad/dataset/packed-pixels';
import type { ChildResult } from '@ddad/jobs';
import { type ChildContext, ChildFault } from '@ddad/jobs/child';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import { inBatches } from './batches.ts';
import { discrepancies, loadEnsemble } from './ensemble.ts';
import type { MapTask } from './tasks.ts';

const batchSize = 64;

/** Image score: the mean of the pixel scores. [N,H,W,1] → [N] */
const imageScore = (map: Tensor): Tensor => tf.mean(map, [1, 2, 3]);

/**
 * Scores images with all members: files `scores` (tensors `rec.INDEX` per NDM member, `recEnsemble`, `aIntra`, `aInter`:
 * [T]) and `maps` (`recEnsemble`, `aIntra`, `aInter`: [T,H,W]). Without a UDM there is no `aInter`. With AE-U all of them are
 * refined by its uncertainty.
 */
export async function makeMaps(task: MapTask, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const started = performance.now();
  const pixels = await readImages(task.pixels, spec.imageSize, task.images);
  const digest = pixelsDigest(pixels);
  if (digest !== spec.imagesDigest) {
    throw new ChildFault('invalid', `images: expected digest ${spec.imagesDigest}, got ${digest}`);
  }
  const images = networkInput(pixels);
  const side = spec.imageSize;
  const area = side * side;
  const ensemble = await loadEnsemble(spec.backbone, task.members);
  const step = inferenceStep({
    weights: ensemble.weights,
    inputs: { images: [batchSize, side, side, 1] },
    compute: (weights, inputs) => {
      const { ndm, mean, variance, aIntra, aInter } = discrepancies(ensemble, weights, inputs.images);
      const recEnsemble = reconstructionError(inputs.images, mean, variance);
      const results: Record<string, Tensor> = {
        'map.recEnsemble': recEnsemble,
        'map.aIntra': aIntra,
        recEnsemble: imageScore(recEnsemble),
        aIntra: imageScore(aIntra),
      };
      ndm.forEach(({ image, variance: own }, index) => {
        results[`rec.${index}`] = imageScore(reconstructionError(inputs.images, image, own));
      });
      if (aInter !== null) {
        results['map.aInter'] = aInter;
        results.aInter = imageScore(aInter);
      }
      return results;
    },
    mode: 'graph',
  });
  try {
    context.ready();
    const count = task.images.length;
    const batch = new Float32Array(batchSize * area);
    let stopped = false;
    const results = await inBatches(count, batchSize, async (start) => {
      batch.fill(0);
      batch.set(images.subarray(start * area, Math.min(start + batchSize, count) * area));
      const found = step.run({ images: batch });
      stopped ||= (await context.afterStep()) === 'stop';
      const done = Math.min(start + batchSize, count);
      const seconds = (performance.now() - started) / 1000;
      context.progress({ done, total: count, loss: null, imagesPerSecond: done / seconds });
      return found;
    });
    // Maps take seconds: there is nothing to keep of half of them.
    if (stopped) return null;
    const files = {
      scores: join(directory, 'scores.safetensors'),
      maps: join(directory, 'maps.safetensors'),
    };
    const scores = new Map<string, { shape: number[]; data: Float32Array }>();
    const maps = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [name, data] of results) {
      if (name.startsWith('map.')) maps.set(name.slice('map.'.length), { shape: [count, side, side], data });
      else scores.set(name, { shape: [count], data });
    }
    await writeFile(files.scores, encodeSafetensors(scores));
    await writeFile(files.maps, encodeSafetensors(maps));
    const seconds = (performance.now() - started) / 1000;
    return { files, loss: null, seconds, environment: recordedEnvironment(task.threads) };
  } finally {
    step.dispose();
  }
}
