// Types only, as in discrepancy.ts; here, too, intermediate tensors are left to the caller's tidy.
import type { Tensor } from '@ddad/compute';
import { spread } from './discrepancy.ts';

/** What is kept of passes through one network, [N,H,W,1] each. */
export interface PassMoments {
  /** Mean x̂. */
  mean: Tensor;
  /** Σ (x̂ − mean)². */
  squares: Tensor;
  /** Mean σ²; 1 of a network that estimates none. */
  variance: Tensor;
}

/**
 * Moments of some passes. Deviations are taken from the mean: a difference of sums of squares would, in float32, leave little of
 * a spread that is small against x̂.
 * @param images reconstructions x̂, [P,N,H,W,1]
 * @param variances σ² likewise; null of a network that estimates none
 * @param counted which of the passes count, [P,1,1,1,1] of 1 and 0, at least one 1
 */
export function passMoments(images: Tensor, variances: Tensor | null, counted: Tensor): PassMoments {
  const count = counted.sum();
  const mean = images.mul(counted).sum(0).div(count);
  return {
    mean,
    squares: images.sub(mean).square().mul(counted).sum(0),
    variance: variances === null ? mean.onesLike() : variances.mul(counted).sum(0).div(count),
  };
}

/**
 * Moments of two sets of passes together (the update by Chan, Golub and LeVeque).
 * @param counts passes in each, scalars; `first` may have none, and is 0 then
 */
export function addMoments(
  [first, second]: readonly [PassMoments, PassMoments],
  [firstCount, secondCount]: readonly [Tensor, Tensor],
): PassMoments {
  const share = secondCount.div(firstCount.add(secondCount));
  const step = second.mean.sub(first.mean);
  return {
    mean: first.mean.add(step.mul(share)),
    squares: first.squares.add(second.squares).add(step.square().mul(share).mul(firstCount)),
    variance: first.variance.add(second.variance.sub(first.variance).mul(share)),
  };
}

/**
 * A_intra with MC Dropout (section 5.2): eq. 3, passes through one network in the members' place, divided by σ (eq. 6).
 * @param passes how many there are, a scalar
 */
export function intraDiscrepancyOfPasses({ squares, variance }: PassMoments, passes: Tensor): Tensor {
  return spread(squares, passes, variance);
}
