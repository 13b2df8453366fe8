import { randomStream } from '@ddad/compute';
import { toPyTorch } from '@ddad/models';
import { decidedWeights, smoothImages, tensorsFrom } from '@ddad/models/testing';
import type { MixedBatch } from './mixed-batches.ts';
import { igdParameters } from './train-networks.ts';

/** Batches of a training in both phases: twice as many steps. */
export const trainingSteps = 10;
const from = 1e-3;

/** The beginning of a small training, away from special values. */
export function igdStart(side = 64, batchSize = 3) {
  const form = { imageSize: side, batchSize, width: 2, learningRate: from, epochs: 1 };
  const parameters = igdParameters(side, form.width);
  const weights = decidedWeights(parameters, 5);
  // Decided offsets would drown what the decoder makes of the codes: its own norms are only moved from 1 and 0.
  for (const { name, initial } of parameters) {
    if (!name.startsWith('decoder.') || initial.kind !== 'constant' || /running/.test(name)) continue;
    const low = initial.value === 1 ? 0.5 : -0.5;
    randomStream(6, name).fillUniform(low, low + 1, weights.get(name)!.data);
  }
  // Of whole grey levels, so that an exported file can be given the same.
  const pixels = Uint8Array.from(
    smoothImages(trainingSteps * batchSize, side),
    (value) => 127.5 * (value + 1),
  );
  const images = Float32Array.from(pixels, (grey) => grey / 127.5 - 1);
  const area = batchSize * side * side;
  const batches = Array.from({ length: trainingSteps }, (_, step): MixedBatch => {
    const alpha = new Float32Array(batchSize);
    randomStream(6, 'alpha', step).fillUniform(0, 0.5, alpha);
    return { images: images.slice(step * area, (step + 1) * area), alpha };
  });
  const centre = new Float32Array(128);
  randomStream(6, 'centre').fillUniform(-1, 1, centre);
  return { form, parameters, weights, pixels, batches, descriptor: { centre, sigma: 2000 } };
}

/** What igd.py gives of so many batches of it. */
export function trainingReference(steps: number, start = igdStart()) {
  const { form, parameters, weights, batches, descriptor } = start;
  const { imageSize: side, batchSize } = form;
  const joined = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));
  const used = batches.slice(0, steps);
  const rates = used.map((_, step) => form.learningRate * (1 - step / trainingSteps) ** 0.9);
  return tensorsFrom(
    'igd.py',
    ['train'],
    toPyTorch(parameters, weights),
    {
      images: { shape: [steps, batchSize, 1, side, side], data: joined(used.map(({ images }) => images)) },
      alpha: { shape: [steps, batchSize, 1], data: joined(used.map(({ alpha }) => alpha)) },
      centre: { shape: [128], data: descriptor.centre },
      sigma: { shape: [1], data: Float32Array.of(descriptor.sigma) },
      rates: { shape: [steps], data: Float32Array.from(rates) },
    },
    [],
  );
}
