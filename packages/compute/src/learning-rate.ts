/**
 * A learning rate by the number of steps that its optimiser has done before, 0, 1, ... A pure function: it is evaluated outside of
 * the graph, so that a rate that changes compiles nothing anew, and a resumed training has the rates of an undisturbed one.
 */
export type LearningRate = (done: number) => number;

/** @throws RangeError on a rate that is no finite number from 0 on */
export function rateAt(rate: number | LearningRate, done: number): number {
  const value = typeof rate === 'number' ? rate : rate(done);
  if (!(Number.isFinite(value) && value >= 0))
    throw new RangeError(
      `learning rate of step ${done + 1}: expected a finite number from 0 on, got ${value}`,
    );
  return value;
}

/** From `from` down to `to` on half a cosine, over `steps` steps; `to` from there on. PyTorch's CosineAnnealingLR, in closed form. */
export function cosine({ from, to = 0, steps }: { from: number; to?: number; steps: number }): LearningRate {
  return (done) => to + ((from - to) * (1 + Math.cos((Math.PI * Math.min(done, steps)) / steps))) / 2;
}

/** `from` times `factor` for each of `at` that was reached: PyTorch's MultiStepLR. */
export function stepDecay({
  from,
  factor,
  at,
}: {
  from: number;
  factor: number;
  at: readonly number[];
}): LearningRate {
  return (done) => from * factor ** at.filter((step) => done >= step).length;
}

/** from·(1 − done/steps)^power, 0 from `steps` on: PyTorch's PolynomialLR. */
export function poly({ from, power, steps }: { from: number; power: number; steps: number }): LearningRate {
  return (done) => from * (1 - Math.min(done, steps) / steps) ** power;
}

/** The first of `steps` steps has 1/steps of what `rate` says, the next 2/steps, and so on; the last of them has all of it. */
export function warmUp(steps: number, rate: number | LearningRate): LearningRate {
  return (done) => rateAt(rate, done) * Math.min(1, (done + 1) / steps);
}

/** A rate that stays the same for an epoch: `rate` counts epochs, of `stepsPerEpoch` steps each. */
export function byEpoch(stepsPerEpoch: number, rate: LearningRate): LearningRate {
  return (done) => rate(Math.floor(done / stepsPerEpoch));
}
