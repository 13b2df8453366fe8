import { type TensorData, usualStepsACall } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { runTraining } from '@ddad/jobs/training';
import { asrNet } from '@ddad/models';
import { trainedResult, writeWeights } from '../../trained-result.ts';
import { withFreshStatistics } from '../averaging/fresh-statistics.ts';
import { oneMoreEpoch } from '../averaging/one-more-epoch.ts';
import { type RefinerInput, type RefinerSpec, recipeOf } from '../kinds.ts';
import { loadEnsemble } from '../maps/ensemble.ts';
import { normalisedRefiner } from './normalised-refiner.ts';
import { dropoutExamples, ensembleExamples } from './refiner-examples.ts';
import { refinerRecipes } from './refiner-recipe.ts';
import { type RefinerStep, refinerStep } from './refiner-step.ts';

/** Channels that a refiner reads, A_intra first. */
export function refinerChannels(input: RefinerInput): 1 | 2 {
  return input === 'dual' ? 2 : 1;
}

/**
 * Trains one ASR-Net on synthetic anomalies (section 3.5, eqs. 8 to 13): normal images, half of them with a foreign patch,
 * go through the frozen members, and the network learns to find the patch in their discrepancy maps.
 *
 * The recipe says which weights count: the last ones, or means over the steps before, for which BatchNorm's statistics are made by
 * one more epoch of examples.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainRefiner(
  task: MakeTask<RefinerSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { dropout, batchSize, imageSize: side } = spec;
  const recipe = refinerRecipes[recipeOf(spec)];
  const pixels = await readSpecifiedImages('normal images', task);
  const images = { pixels, side, seed: spec.seed };
  const ensemble = await loadEnsemble(task);
  const channels = refinerChannels(spec.input);
  const network = asrNet({ inputs: channels });
  const examples =
    dropout === undefined
      ? ensembleExamples(ensemble, images, directory)
      : dropoutExamples(ensemble, dropout, images, batchSize);
  let training: RefinerStep | null = null;
  try {
    training = refinerStep(
      {
        network,
        channels,
        spec,
        recipe,
        images: task.images.length,
        stepsACall: task.stepsACall ?? usualStepsACall(),
        mode: 'graph',
      },
      examples,
    );
    const { step, order, inputs } = training;
    const loop = { epochs: spec.epochs, images: task.images.length, batchSize, order, inputs };
    const outcome = await runTraining({ ...loop, step, directory, checkpoint: task.checkpoint, context });
    if (outcome === null) return null;
    const started = performance.now();
    let tensors: ReadonlyMap<string, TensorData> | null = training.read();
    if (recipe.average !== null) {
      context.ready();
      const own = normalisedRefiner(network);
      const shapes = { maps: [batchSize, side, side, channels] };
      tensors = await withFreshStatistics(own, tensors, oneMoreEpoch(loop), shapes, () => goesOn(context));
    }
    if (tensors === null) return null;
    const weights = await writeWeights(task, network.parameters, tensors, { refiner: spec.input });
    const seconds = outcome.seconds + (performance.now() - started) / 1000;
    return trainedResult(task, { ...outcome, seconds }, { weights });
  } finally {
    examples.dispose();
    training?.step.dispose();
  }
}
