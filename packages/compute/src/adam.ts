import { type Tensor, tf } from './tensorflow.ts';

/** Adam as PyTorch has it; `weightDecay` is L2, added to the gradient (not AdamW). */
export interface AdamSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/** The scalars that change from step to step, for step number `step`, counted from 1. */
export interface AdamScalars {
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

export const adamScalarNames = ['learningRate', 'beta1Power', 'beta2Power', 'epsilon'] as const;

export function adamScalars(settings: AdamSettings, step: number): AdamScalars {
  const beta2Power = settings.beta2 ** step;
  return {
    learningRate: settings.learningRate,
    beta1Power: settings.beta1 ** step,
    beta2Power,
    epsilon: settings.epsilon * Math.sqrt(1 - beta2Power),
  };
}

/** One update by plain tensor ops: what TensorFlow's fused ResourceApplyAdam does. */
export function adamUpdate(
  settings: AdamSettings,
  scalars: AdamScalars,
  { value, m, v, gradient }: { value: Tensor; m: Tensor; v: Tensor; gradient: Tensor },
): { value: Tensor; m: Tensor; v: Tensor } {
  const nextM = tf.add(m, tf.mul(tf.sub(gradient, m), 1 - settings.beta1));
  const nextV = tf.add(v, tf.mul(tf.sub(tf.square(gradient), v), 1 - settings.beta2));
  const rate = (scalars.learningRate * Math.sqrt(1 - scalars.beta2Power)) / (1 - scalars.beta1Power);
  const change = tf.div(tf.mul(nextM, rate), tf.add(tf.sqrt(nextV), scalars.epsilon));
  return { value: tf.sub(value, change), m: nextM, v: nextV };
}
