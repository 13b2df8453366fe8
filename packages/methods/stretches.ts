/** Steps of a stretch at most: half a minute on a processor core with images of 64 px. */
const most = 20;

/**
 * Equal stretches of a training: what its progress counts, and what its loss curve has a point of, in the place of epochs. They have as
 * many steps as divides all of them, up to 20, and decide no bytes.
 */
export function stretchesOf(steps: number): { count: number; steps: number } {
  let length = Math.min(most, steps);
  while (steps % length !== 0) length -= 1;
  return { count: steps / length, steps: length };
}
