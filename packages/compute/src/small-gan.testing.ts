// A training of three phases on 2 × 8 values, as a GAN with an encoder behind it has them.
import { cosine } from './learning-rate.ts';
import { adam, rmsprop, sgd } from './optimisers/index.ts';
import { type PhasedStepDefinition, phase, type Tensors } from './phase.ts';
import { randomStream } from './random.ts';
import { type Shapes, sizeOf, type TensorData } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';

const batch = 4;
const size = 8;
const code = 3;

const weights = {
  'g.weight': [code, size],
  'g.scale': [size],
  'd.0': [size, 6],
  'd.1': [6, 1],
  'e.0': [size, code],
};
const buffers = { 'g.mean': [size], centre: [code] };

const product = (a: Tensor, b: Tensor) => tf.matMul(a as Tensor, b as Tensor);

/** Values from a code [N,3], and the batch's mean of them. */
function generate(w: Tensors, codes: Tensor): { y: Tensor; mean: Tensor } {
  const raw = product(codes, w['g.weight']!);
  const mean = tf.mean(raw, 0);
  return { y: tf.tanh(tf.mul(tf.sub(raw, mean), w['g.scale']!)), mean };
}

const judge = (w: Tensors, x: Tensor) => product(tf.softplus(product(x, w['d.0']!)), w['d.1']!);

export type SmallPhase = 'critic' | 'generator' | 'encoder';

export function smallGan(
  change: Partial<PhasedStepDefinition<SmallPhase>> = {},
): PhasedStepDefinition<SmallPhase> {
  return {
    weights,
    buffers,
    frozen: { offset: [size] },
    phases: {
      critic: phase({
        trains: ['d.0', 'd.1'],
        inputs: { x: [batch, size], codes: [batch, code], mix: [batch, 1] },
        loss: (w, _buffers, { x, codes, mix }, { offset }) => {
          const fake = tf.add(generate(w, codes).y, offset!);
          const between = tf.add(tf.mul(x, mix), tf.mul(fake, tf.sub(1, mix)));
          const slopes = tf.grad((at) => tf.sum(judge(w, at)))(between);
          const penalty = tf.mean(tf.square(tf.sub(tf.sqrt(tf.sum(tf.square(slopes), 1)), 1)));
          const distance = tf.sub(tf.mean(judge(w, x)), tf.mean(judge(w, fake)));
          return {
            loss: tf.sub(tf.mul(penalty, 10), distance),
            watched: { distance, penalty },
          };
        },
        optimiser: adam({ learningRate: 1e-2, beta1: 0, beta2: 0.9 }),
      }),
      generator: phase({
        trains: ['g.weight', 'g.scale'],
        renews: ['g.mean'],
        inputs: { codes: [batch, code] },
        loss: (w, b, { codes }, { offset }) => {
          const { y, mean } = generate(w, codes);
          return {
            loss: tf.neg(tf.mean(judge(w, tf.add(y, offset!)))),
            buffers: { 'g.mean': tf.add(tf.mul(b['g.mean']!, 0.9), tf.mul(mean, 0.1)) },
          };
        },
        optimiser: sgd({
          learningRate: cosine({ from: 0.05, steps: 8 }),
          momentum: 0.9,
          weightDecay: 1e-3,
        }),
      }),
      encoder: phase({
        trains: ['e.0'],
        inputs: { x: [batch, size] },
        loss: (w, b, { x }) => {
          const codes = tf.tanh(product(x, w['e.0']!));
          const raw = tf.sub(product(codes, w['g.weight']!), b['g.mean']!);
          return {
            loss: tf.add(
              tf.mean(tf.squaredDifference(tf.tanh(tf.mul(raw, w['g.scale']!)), x)),
              tf.mean(tf.squaredDifference(codes, b.centre!)),
            ),
          };
        },
        optimiser: rmsprop({ learningRate: 1e-3 }),
      }),
    },
    mode: 'graph',
    ...change,
  };
}

/** Values in ±½ that a seed of their own decides. */
export function drawn(label: string, shapes: Shapes): Map<string, TensorData> {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const data = new Float32Array(sizeOf(shape));
      randomStream(5, label, name).fillUniform(-0.5, 0.5, data);
      return [name, { shape, data }];
    }),
  );
}

export const smallStart = () => drawn('weights', { ...weights, ...buffers });
export const smallFrozen = () => drawn('frozen', { offset: [size] });

/** The inputs of step number `step` of a phase. */
export function smallInputs(name: SmallPhase, step: number): Record<string, Float32Array> {
  const { inputs } = smallGan().phases[name];
  return Object.fromEntries(
    [...drawn(`${name} ${step}`, inputs)].map(([input, { data }]) => [
      input,
      input === 'mix' ? data.map((value) => value + 0.5) : data,
    ]),
  );
}
