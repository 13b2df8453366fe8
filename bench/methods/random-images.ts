import { randomStream } from '@ddad/compute';

/** Images of noise in [-1,1], [count·side·side]: what a step takes does not depend on what they show. */
export function randomImages(count: number, side: number): Float32Array {
  const images = new Float32Array(count * side * side);
  randomStream(0, 'images').fillUniform(-1, 1, images);
  return images;
}
