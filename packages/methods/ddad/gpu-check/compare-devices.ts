/** What a training on one device tells. */
export interface GpuCheckFigures {
  /** Whether TensorFlow used a GPU. */
  gpu: boolean;
  /** Mean loss by epoch. */
  losses: number[];
  /** Of the fastest epoch. */
  imagesPerSecond: number;
  /** Loading, recording and compiling: what the first epoch took longer than the fastest, with all before it. */
  startSeconds: number;
}

/**
 * A GPU sums in another order than a processor, and every step builds on the one before. How far that carries was measured on one
 * processor, with and without oneDNN, by XLA, and on two threads: up to 0.0006 of the loss in the first epoch, 0.002 in the second,
 * 0.005 in the third.
 */
export const lossTolerance = 1e-2;

/** What is wrong with a GPU's training, held against a processor's over its epochs; nothing where all is well. */
export function deviceFaults(processor: GpuCheckFigures, gpu: GpuCheckFigures): string[] {
  if (!gpu.gpu) return ['expected TensorFlow to find a GPU, it found none'];
  if (processor.gpu) return ['expected one training on the processor, both were on a GPU'];
  if (processor.losses.length > gpu.losses.length)
    return [`expected ${processor.losses.length} epochs on the GPU, got ${gpu.losses.length}`];
  return processor.losses.flatMap((expected, epoch) => {
    const found = gpu.losses[epoch]!;
    // Not "more than": NaN is a fault too.
    if (Math.abs(found / expected - 1) <= lossTolerance) return [];
    return [
      `epoch ${epoch + 1}: expected the processor's loss ${expected} within ${lossTolerance} of itself, got ${found}`,
    ];
  });
}
