import { type LearningRate, rateAt } from '../learning-rate.ts';
import { tf } from '../tensorflow.ts';
import { numberOf, type Optimiser } from './optimiser.ts';

/** Adam as PyTorch has it; `weightDecay` is L2, added to the gradient (not AdamW). */
export interface AdamSettings {
  kind?: 'adam';
  learningRate: number | LearningRate;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/** Settings with PyTorch's defaults. */
export function adam(
  settings: Pick<AdamSettings, 'learningRate'> & Partial<Omit<AdamSettings, 'kind'>>,
): AdamSettings {
  return { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, ...settings, kind: 'adam' };
}

/** The scalars that change from step to step. */
interface AdamScalars extends Record<string, number> {
  learningRate: number;
  /** β₁ᵗ */
  beta1Power: number;
  /** β₂ᵗ */
  beta2Power: number;
  /**
   * ε·√(1−β₂ᵗ). TensorFlow's kernel computes lr·√(1−β₂ᵗ)/(1−β₁ᵗ)·m/(√v+ε), that is, adds ε to √v before the bias
   * correction; with this ε it equals PyTorch's, which adds it after.
   */
  epsilon: number;
}

/** 1 − x as the kernel has it, with x and the result in float32. */
const rest = (x: number) => Math.fround(1 - Math.fround(x));

/**
 * The kernel computes in float32, where 1 − 0.999 is short of 0.001 by 1.3e-5 of it, and so would every update be wrong by
 * 6e-6 of itself, all in one direction. Learning rate and ε are given to it such that the update is the exact one.
 */
function adamScalars(settings: AdamSettings, step: number): AdamScalars {
  const [beta1Power, beta2Power] = [settings.beta1 ** step, settings.beta2 ** step];
  const rootScale = Math.sqrt(rest(settings.beta2) / (1 - settings.beta2));
  const learningRate = rateAt(settings.learningRate, step - 1);
  const rate = (learningRate * rootScale * Math.sqrt(1 - beta2Power)) / (1 - beta1Power);
  return {
    learningRate: (rate * rest(beta1Power)) / Math.sqrt(rest(beta2Power)),
    beta1Power,
    beta2Power,
    epsilon: settings.epsilon * rootScale * Math.sqrt(1 - beta2Power),
  };
}

/** By TensorFlow's fused ResourceApplyAdam; eagerly by plain ops that do what it does. */
export function adamOptimiser(settings: AdamSettings): Optimiser {
  const { beta1, beta2, weightDecay } = settings;
  return {
    name: 'adam',
    weightDecay,
    slots: ['adam.m', 'adam.v'],
    scalarNames: ['learningRate', 'beta1Power', 'beta2Power', 'epsilon'],
    scalars: (step) => adamScalars(settings, step),
    constants: { beta1, beta2 },
    update({ value, gradient, slots }, scalars) {
      const [m, v] = slots;
      if (m === undefined || v === undefined) throw new Error('adam: expected its moments, got none');
      const nextM = tf.add(m, tf.mul(tf.sub(gradient, m), rest(beta1)));
      const nextV = tf.add(v, tf.mul(tf.sub(tf.square(gradient), v), rest(beta2)));
      const power = (name: string) => rest(numberOf(scalars, name));
      const rate = (numberOf(scalars, 'learningRate') * Math.sqrt(power('beta2Power'))) / power('beta1Power');
      const change = tf.div(tf.mul(nextM, rate), tf.add(tf.sqrt(nextV), numberOf(scalars, 'epsilon')));
      return { value: tf.sub(value, change), slots: [nextM, nextV] };
    },
    addUpdate({ graph, node, variable, slots, gradient, scalar, constant, after }) {
      return graph.add({
        name: node,
        op: 'ResourceApplyAdam',
        inputs: [
          ...[variable, ...slots].map((name) => `var/${name}`),
          ...['beta1Power', 'beta2Power', 'learningRate'].map(scalar),
          ...['beta1', 'beta2'].map(constant),
          scalar('epsilon'),
          gradient,
          ...after.map((one) => `^${one}`),
        ],
        attributes: [graph.typeAttribute('T')],
      });
    },
  };
}
