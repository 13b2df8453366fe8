/** Steps of a stretch: half a minute on a processor core with images of 64 px. */
const length = 20;

/**
 * Stretches of a training: what its progress counts, what its loss curve has a point of, and what signs of a collapse are counted in, in the
 * place of epochs. They have 20 steps each and the last one what is left, so that a stretch is the same whatever the number of all
 * steps; they decide no bytes.
 * @param steps of the training, from 1 on
 * @returns how many stretches, the steps of each, and those of the last
 */
export function stretchesOf(steps: number): { count: number; steps: number; last: number } {
  const each = Math.min(length, steps);
  const count = Math.ceil(steps / each);
  return { count, steps: each, last: steps - (count - 1) * each };
}
