import { inferenceStep, type TensorData, tf } from '@ddad/compute';
import { inferencePass, resnet18Features } from '@ddad/models';
import { paddedBatches } from '../padded-batches.ts';
import { trunk } from './classifier.ts';
import type { ClassifierInput } from './kinds.ts';

/** Images of one run of the step. */
const batchSize = 32;

export interface FeatureImages {
  /** The network's tensors by name, in TensorFlow's layouts; the head's are not needed. */
  weights: ReadonlyMap<string, TensorData>;
  input: ClassifierInput;
  /** In [-1,1], [N·side·side]. */
  images: Float32Array;
  side: number;
}

/**
 * Features of images, each divided by its length.
 * @param goesOn asked after every batch, with how many images are done
 * @returns [N,512]; null where `goesOn` says no
 */
export async function unitFeatures(
  { weights, input, images, side }: FeatureImages,
  goesOn: (done: number) => Promise<boolean>,
): Promise<Float32Array | null> {
  const network = trunk(input);
  const area = side * side;
  const own = network.parameters.flatMap(({ name }) => {
    const tensor = weights.get(name);
    return tensor === undefined ? [] : [[name, tensor] as const];
  });
  const step = inferenceStep({
    weights: new Map(own),
    inputs: { images: [batchSize, side, side, 1] },
    compute(tensors, inputs) {
      const { features } = network.apply(inputs.images!, inferencePass(tensors));
      // As torch.nn.functional.normalize: a vector of zeros stays one.
      const length = tf.maximum(tf.sqrt(tf.sum(tf.square(features), 1, true)), 1e-12);
      return { features: tf.div(features, length) };
    },
    mode: 'graph',
  });
  try {
    const found = new Float32Array((images.length / area) * resnet18Features);
    for (const { batch, start, done } of paddedBatches(images, area, batchSize)) {
      const { features } = step.run({ images: batch });
      found.set(features!.subarray(0, (done - start) * resnet18Features), start * resnet18Features);
      if (!(await goesOn(done))) return null;
    }
    return found;
  } finally {
    step.dispose();
  }
}
