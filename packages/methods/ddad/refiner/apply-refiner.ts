import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inferenceStep, recordedEnvironment, tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { inputFile } from '@ddad/jobs/task';
import { asrNet, fromPyTorch } from '@ddad/models';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { type RefinedSpec, refinedNetworkSchema } from '../kinds.ts';
import { inBatches } from '../maps/batches.ts';
import { refinerChannels } from './train-refiner.ts';

const batchSize = 16;

/**
 * Refines score maps (R_dual, R_intra: eqs. 10 and 13): files `scores` (tensor `scores`: [T]) and `maps`
 * (tensor `maps`: [T,H,W], the anomaly class's probability).
 */
export async function applyRefiner(
  task: MakeTask<RefinedSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const started = performance.now();
  const { directory } = task;
  const { input, imageSize: side } = refinedNetworkSchema.parse(task.inputs.refiner?.manifest.spec);
  const area = side * side;
  const { tensors } = decodeSafetensors(await readFile(inputFile(task, 'maps', 'maps')));
  const wanted = input === 'dual' ? ['aIntra', 'aInter'] : ['aIntra'];
  const channels = wanted.map((name) => {
    const map = tensors.get(name);
    if (map === undefined)
      throw new Error(`maps: expected a tensor ${name}, got ${[...tensors.keys()].join(', ')}`);
    return map.data;
  });
  const count = channels[0].length / area;
  const network = asrNet({ inputs: refinerChannels(input) });
  const refiner = decodeSafetensors(await readFile(inputFile(task, 'refiner', 'weights'))).tensors;
  const step = inferenceStep({
    weights: fromPyTorch(network.parameters, refiner),
    inputs: { maps: [batchSize, side, side, channels.length] },
    compute: (weights, inputs) => {
      const probability = network.anomalyProbability(weights, weights, inputs.maps);
      return { maps: probability, scores: tf.mean(probability, [1, 2, 3]) };
    },
    mode: 'graph',
  });
  try {
    context.ready();
    const batch = new Float32Array(batchSize * area * channels.length);
    const results = await inBatches(count, batchSize, async (start) => {
      batch.fill(0);
      const pixels = (Math.min(start + batchSize, count) - start) * area;
      channels.forEach((map, channel) => {
        for (let i = 0; i < pixels; i++) batch[i * channels.length + channel] = map[start * area + i];
      });
      const found = step.run({ maps: batch });
      return (await goesOn(context)) ? found : null;
    });
    if (results === null) return null;
    const files = {
      scores: join(directory, 'refined-scores.safetensors'),
      maps: join(directory, 'refined-maps.safetensors'),
    };
    const all = (name: string) => results.get(name) ?? new Float32Array();
    await writeFile(
      files.scores,
      encodeSafetensors(new Map([['scores', { shape: [count], data: all('scores') }]])),
    );
    await writeFile(
      files.maps,
      encodeSafetensors(new Map([['maps', { shape: [count, side, side], data: all('maps') }]])),
    );
    const seconds = (performance.now() - started) / 1000;
    return { files, loss: null, seconds, environment: recordedEnvironment(task.threads) };
  } finally {
    step.dispose();
  }
}
