import { describe, expect, it } from 'vitest';
import { batchNormTrain } from './batch-norm.ts';
import { dropoutMask, maskSeed, maskSeedSize } from './dropout-mask.ts';
import { randomStream } from './random.ts';
import { type Shapes, sizeOf, type TensorData } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';
import { type TrainStep, type TrainStepDefinition, trainStep } from './train-step.ts';

type Tensor2D = ReturnType<typeof tf.tensor2d>;
type Tensor4D = ReturnType<typeof tf.tensor4d>;

/** Convolution, BatchNorm, dropout and products, behind a frozen convolution, as in a refiner behind its members. */
function network(change: Partial<TrainStepDefinition> = {}): TrainStepDefinition {
  return {
    trainable: { conv: [3, 3, 4, 8], scale: [8], offset: [8], dense: [8, 8], deconv: [4, 4, 1, 8] },
    buffers: { mean: [8], variance: [8] },
    frozen: { eye: [3, 3, 1, 4] },
    inputs: { x: [4, 16, 16, 1], seed: [maskSeedSize] },
    loss: (weights, running, { x, seed }, { eye }) => {
      const seen = tf.relu(tf.conv2d(x as Tensor4D, eye as Tensor4D, 1, 'same'));
      const convolved = tf.conv2d(seen as Tensor4D, weights.conv as Tensor4D, 2, 'same');
      const normal = batchNormTrain(convolved, weights.scale!, weights.offset!, 1e-5);
      const dropped = tf.mul(tf.relu(normal.y), dropoutMask(seed!, 0, [4, 8, 8, 8], 0.3));
      const mixed = tf.matMul(tf.reshape(dropped, [256, 8]) as Tensor2D, weights.dense as Tensor2D);
      const maps = tf.reshape(mixed, [4, 8, 8, 8]) as Tensor4D;
      const y = tf.conv2dTranspose(maps, weights.deconv as Tensor4D, [4, 16, 16, 1], 2, 'same');
      const follow = (old: Tensor, now: Tensor) => tf.add(tf.mul(old, 0.9), tf.mul(now, 0.1));
      return {
        loss: tf.mean(tf.squaredDifference(x!, y)),
        buffers: {
          mean: follow(running.mean!, normal.mean),
          variance: follow(running.variance!, normal.variance),
        },
      };
    },
    optimiser: { learningRate: 1e-2, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 },
    mode: 'graph',
    ...change,
  };
}

const random = (shapes: Shapes): Map<string, TensorData> =>
  new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const data = new Float32Array(sizeOf(shape));
      randomStream(7, name).fillUniform(-0.5, 0.5, data);
      return [name, { shape, data }];
    }),
  );

const batches = Array.from({ length: 8 }, (_, step) => {
  const x = new Float32Array(4 * 16 * 16);
  randomStream(7, 'batch', step).fillUniform(-1, 1, x);
  return { x, seed: maskSeed(7, step) };
});

/** Losses and state after training in calls of so many steps. */
function train(change: Partial<TrainStepDefinition>, calls: readonly number[]) {
  const definition = network(change);
  const step = trainStep(definition);
  try {
    step.write(random({ ...definition.trainable, ...definition.buffers }));
    step.writeFrozen(random(definition.frozen ?? {}));
    let done = 0;
    const losses = calls.flatMap((count) => {
      const found = step.runSeveral(batches.slice(done, done + count));
      done += count;
      return found;
    });
    return { losses, state: step.readState() };
  } finally {
    step.dispose();
  }
}

describe('several steps a call', () => {
  it.each(['float32', 'bfloat16'] as const)(
    'give the losses, weights, statistics and moments of single steps, bit by bit (%s)',
    (precision) => {
      const single = train({ precision }, Array(8).fill(1));
      expect(new Set(single.losses).size).toBe(8);
      // A whole call, one of fewer steps, as at an epoch's end, and a single one.
      expect(train({ precision, stepsACall: 3 }, [3, 2, 3])).toEqual(single);
      expect(train({ precision, stepsACall: 8 }, [1, 7])).toEqual(single);
    },
  );

  it('are the same eagerly, to 1e-5', () => {
    const graph = train({ stepsACall: 3 }, [3, 3, 2]);
    const eager = train({ stepsACall: 3, mode: 'eager' }, [3, 3, 2]);
    expect(eager.state.steps).toBe(8);
    eager.losses.forEach((loss, i) => {
      expect(Math.abs(graph.losses[i]! / loss - 1)).toBeLessThan(1e-5);
    });
  });

  it('leave gradients as they are: of one step, at the state that is there', () => {
    const of = (stepsACall: number) => {
      const definition = network({ stepsACall });
      const step = trainStep(definition);
      try {
        step.write(random({ ...definition.trainable, ...definition.buffers }));
        step.writeFrozen(random(definition.frozen ?? {}));
        return step.gradients(batches[0]!);
      } finally {
        step.dispose();
      }
    };
    expect(of(3)).toEqual(of(1));
  });

  it('are refused beyond what was compiled, and with an input that is missing in one of them', () => {
    const step: TrainStep = trainStep(network({ stepsACall: 2 }));
    try {
      expect(step.stepsACall).toBe(2);
      expect(() => step.runSeveral(batches.slice(0, 3))).toThrow('batches: expected 1 to 2, got 3');
      expect(() => step.runSeveral([])).toThrow('batches: expected 1 to 2, got 0');
      expect(() => step.runSeveral([batches[0]!, { x: batches[1]!.x }])).toThrow(
        'seed: expected 2 values (2), got nothing',
      );
      expect(step.steps).toBe(0);
    } finally {
      step.dispose();
    }
    expect(() => trainStep(network({ stepsACall: 1.5 }))).toThrow(
      'stepsACall: expected a whole number from 1 on, got 1.5',
    );
  });
});
