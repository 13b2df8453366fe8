import { type TensorData, usualStepsACall } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { runTraining } from '@ddad/jobs/training';
import { asrNet } from '@ddad/models';
import { trainedResult, writeWeights } from '../../trained-result.ts';
import { type RefinerInput, type RefinerSpec, recipeOf } from '../kinds.ts';
import { loadEnsemble } from '../maps/ensemble.ts';
import { withFreshStatistics } from './fresh-statistics.ts';
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
  const goOn = () => goesOn(context);
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
    const outcome = await runTraining({
      step,
      epochs: spec.epochs,
      images: task.images.length,
      batchSize,
      order,
      inputs,
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const started = performance.now();
    let tensors: ReadonlyMap<string, TensorData> | null = training.read();
    if (recipe.average !== null) {
      context.ready();
      const batches = epochMaps(training, spec.epochs, task.images.length, batchSize);
      tensors = await withFreshStatistics(network, tensors, batches, [batchSize, side, side, channels], goOn);
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

/** The maps of an epoch's batches, one after the other in the same memory. */
function* epochMaps(
  { order, inputs }: RefinerStep,
  epoch: number,
  images: number,
  batchSize: number,
): Iterable<Float32Array> {
  const all = order(epoch);
  for (let start = 0; start + batchSize <= images; start += batchSize)
    yield inputs(epoch, all, start, 0).maps!;
}
