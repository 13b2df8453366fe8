import { inferenceStep, recordedEnvironment, tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { inputFile } from '@ddad/jobs/task';
import { asrNet, fromPyTorch } from '@ddad/models';
import { openSafetensors } from '@ddad/storage/safetensors';
import { inputTensors } from '../../input-tensors.ts';
import { ScoreFiles } from '../../maps/score-files.ts';
import { type RefinedSpec, refinedNetworkSchema } from '../kinds.ts';
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
  const channels = input === 'dual' ? ['aIntra', 'aInter'] : ['aIntra'];
  const network = asrNet({ inputs: refinerChannels(input) });
  const tensors = await inputTensors(task, 'refiner');
  const maps = await openSafetensors(inputFile(task, 'maps', 'maps'));
  try {
    const [count = 0] = maps.shapes.get('aIntra') ?? [];
    const files = await ScoreFiles.create({ directory, count, side, maps: ['maps'] });
    const step = inferenceStep({
      weights: fromPyTorch(network.parameters, tensors),
      inputs: { maps: [batchSize, side, side, channels.length] },
      compute: (weights, inputs) => {
        const probability = network.anomalyProbability(weights, weights, inputs.maps!);
        return { 'map.maps': probability, scores: tf.mean(probability, [1, 2, 3]) };
      },
      mode: 'graph',
    });
    try {
      context.ready();
      const batch = new Float32Array(batchSize * area * channels.length);
      for (let start = 0; start < count; start += batchSize) {
        const images = Math.min(batchSize, count - start);
        batch.fill(0);
        for (const [channel, name] of channels.entries()) {
          const values = await maps.read(name, start, images);
          for (let i = 0; i < values.length; i++) batch[i * channels.length + channel] = values[i]!;
        }
        await files.add(step.run({ maps: batch }), images);
        const done = start + images;
        const seconds = (performance.now() - started) / 1000;
        context.progress({ done, total: count, loss: null, imagesPerSecond: done / seconds });
        if (!(await goesOn(context))) return null;
      }
      const paths = await files.close();
      const seconds = (performance.now() - started) / 1000;
      return { files: paths, loss: null, seconds, environment: recordedEnvironment(task.threads) };
    } finally {
      step.dispose();
      await files.discard();
    }
  } finally {
    await maps.close();
  }
}
