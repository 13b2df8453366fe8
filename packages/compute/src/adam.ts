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

/** 1 − x as the kernel has it, with x and the result in float32. */
const rest = (x: number) => Math.fround(1 - Math.fround(x));

/**
 * The kernel computes in float32, where 1 − 0.999 is short of 0.001 by 1.3e-5 of it, and so would every update be wrong by
 * 6e-6 of itself, all in one direction. Learning rate and ε are given to it such that the update is the exact one.
 */
export function adamScalars(settings: AdamSettings, step: number): AdamScalars {
  const [beta1Power, beta2Power] = [settings.beta1 ** step, settings.beta2 ** step];
  const rootScale = Math.sqrt(rest(settings.beta2) / (1 - settings.beta2));
  const rate = (settings.learningRate * rootScale * Math.sqrt(1 - beta2Power)) / (1 - beta1Power);
  return {
    learningRate: (rate * rest(beta1Power)) / Math.sqrt(rest(beta2Power)),
    beta1Power,
    beta2Power,
    epsilon: settings.epsilon * rootScale * Math.sqrt(1 - beta2Power),
  };
}

/** One update by plain tensor ops: what TensorFlow's fused ResourceApplyAdam does. */
export function adamUpdate(
  settings: AdamSettings,
  scalars: AdamScalars,
  { value, m, v, gradient }: { value: Tensor; m: Tensor; v: Tensor; gradient: Tensor },
): { value: Tensor; m: Tensor; v: Tensor } {
  const nextM = tf.add(m, tf.mul(tf.sub(gradient, m), rest(settings.beta1)));
  const nextV = tf.add(v, tf.mul(tf.sub(tf.square(gradient), v), rest(settings.beta2)));
  const rate = (scalars.learningRate * Math.sqrt(rest(scalars.beta2Power))) / rest(scalars.beta1Power);
  const change = tf.div(tf.mul(nextM, rate), tf.add(tf.sqrt(nextV), scalars.epsilon));
  return { value: tf.sub(value, change), m: nextM, v: nextV };
}
