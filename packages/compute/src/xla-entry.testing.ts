/** Trains a small network for some steps, in calls of two; prints its losses and the environment that would be recorded. */
import { batchNormTrain } from './batch-norm.ts';
import { dropoutMask, maskSeed, maskSeedSize } from './dropout-mask.ts';
import { randomStream } from './random.ts';
import { recordedEnvironment } from './recorded-environment.ts';
import { rowsAt } from './rows-at.ts';
import type { TensorData } from './tensor-data.ts';
import { tf } from './tensorflow.ts';
import { trainStep } from './train-step.ts';

type Tensor2D = ReturnType<typeof tf.tensor2d>;
type Tensor4D = ReturnType<typeof tf.tensor4d>;

const shapes = {
  trainable: { conv: [4, 4, 1, 8], scale: [8], offset: [8], dense: [8, 8], deconv: [4, 4, 1, 8] },
  buffers: { mean: [8] },
  frozen: { pixels: [10, 16, 16, 1] },
};
const step = trainStep({
  ...shapes,
  inputs: { positions: [4], seed: [maskSeedSize] },
  loss: (weights, running, { positions, seed }, { pixels }) => {
    const x = rowsAt(pixels!, positions!) as Tensor4D;
    const convolved = tf.conv2d(x, weights.conv as Tensor4D, 2, 'same');
    const normal = batchNormTrain(convolved, weights.scale!, weights.offset!, 1e-5);
    const dropped = tf.mul(tf.relu(normal.y), dropoutMask(seed!, 0, [4, 8, 8, 8], 0.3));
    const mixed = tf.matMul(tf.reshape(dropped, [256, 8]) as Tensor2D, weights.dense as Tensor2D);
    const maps = tf.reshape(mixed, [4, 8, 8, 8]) as Tensor4D;
    const y = tf.conv2dTranspose(maps, weights.deconv as Tensor4D, [4, 16, 16, 1], 2, 'same');
    const mean = tf.add(tf.mul(running.mean!, 0.9), tf.mul(normal.mean, 0.1));
    return { loss: tf.mean(tf.squaredDifference(x, y)), buffers: { mean } };
  },
  optimiser: { learningRate: 1e-2, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 },
  stepsACall: 2,
  mode: 'graph',
});
const drawn = (of: Record<string, number[]>): Map<string, TensorData> =>
  new Map(
    Object.entries(of).map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
      randomStream(3, name).fillUniform(-1, 1, data);
      return [name, { shape, data }];
    }),
  );
try {
  step.write(drawn({ ...shapes.trainable, ...shapes.buffers }));
  step.writeFrozen(drawn(shapes.frozen));
  const batch = (number: number) => ({
    positions: Float32Array.from(randomStream(3, number).shuffle(10).subarray(0, 4)),
    seed: maskSeed(3, number),
  });
  const losses = [0, 2, 4, 6, 8].flatMap((first) => step.runSeveral([batch(first), batch(first + 1)]));
  console.log(JSON.stringify({ losses, environment: recordedEnvironment(1) }));
} finally {
  step.dispose();
}
