import { inferenceStep, type TensorData } from '@ddad/compute';
import { inferencePass } from '@ddad/models';
import { imageNetImages } from '../imagenet-images.ts';
import { paddedBatches } from '../padded-batches.ts';
import { encode, igdNetworks, latentSize } from './networks.ts';

/** Where the normal images' codes lie: c and σ of IGD's Gaussian. */
export interface Descriptor {
  centre: Float32Array;
  sigma: number;
}

/** A component nearer to 0 than this is pushed out to it: weights of zero would match it. */
const least = 0.1;

/** Codes of images, z, in inference mode: [N,128]. */
export function codesOf(
  weights: ReadonlyMap<string, TensorData>,
  images: Float32Array,
  { side, width, batchSize }: { side: number; width: number; batchSize: number },
): Float32Array {
  const networks = igdNetworks(side, width);
  const names = new Set(
    [...networks.encoder.parameters, ...networks.projection.parameters].map(({ name }) => name),
  );
  const area = side * side;
  const step = inferenceStep({
    weights: new Map([...weights].filter(([name]) => names.has(name))),
    inputs: { images: [batchSize, side, side, 1] },
    compute: (tensors, inputs) => ({
      codes: encode(networks, imageNetImages(inputs.images!), inferencePass(tensors)),
    }),
    mode: 'graph',
  });
  try {
    const found = new Float32Array((images.length / area) * latentSize);
    for (const { batch, start, done } of paddedBatches(images, area, batchSize)) {
      const { codes } = step.run({ images: batch });
      found.set(codes!.subarray(0, (done - start) * latentSize), start * latentSize);
    }
    return found;
  } finally {
    step.dispose();
  }
}

/** c: the codes' mean, components within ±0.1 pushed out, one that is 0 left as it is. @param codes [N,128] */
export function centreOf(codes: Float32Array): Float32Array {
  const count = codes.length / latentSize;
  const sums = new Float64Array(latentSize);
  for (const [at, value] of codes.entries()) sums[at % latentSize]! += value;
  return Float32Array.from(sums, (sum) => {
    const mean = sum / count;
    if (mean === 0 || Math.abs(mean) >= least) return mean;
    return Math.sign(mean) * least;
  });
}

/** σ: of batches of codes in their order the mean of ‖z − c‖², at least 1 of each, and the mean of these. @param codes [N,128] */
export function sigmaOf(codes: Float32Array, centre: Float32Array, batchSize: number): number {
  const count = codes.length / latentSize;
  const squares = Array.from({ length: count }, (_, row) =>
    centre.reduce((sum, value, at) => sum + (codes[row * latentSize + at]! - value) ** 2, 0),
  );
  let [sum, batches] = [0, 0];
  for (let start = 0; start < count; start += batchSize) {
    const part = squares.slice(start, start + batchSize);
    sum += Math.max(1, part.reduce((total, square) => total + square, 0) / part.length);
    batches += 1;
  }
  return sum / batches;
}

/**
 * c and σ of the normal images. The first time σ goes by the new c; later, as in the source, by the one before.
 * @param before c until now; null the first time
 */
export function descriptorOf(
  codes: Float32Array,
  before: Float32Array | null,
  batchSize: number,
): Descriptor {
  const centre = centreOf(codes);
  return { centre, sigma: sigmaOf(codes, before ?? centre, batchSize) };
}

/** As tensors of a training step. */
export const descriptorTensors = ({ centre, sigma }: Descriptor): Map<string, TensorData> =>
  new Map([
    ['centre', { shape: [latentSize], data: centre }],
    ['sigma', { shape: [1], data: Float32Array.of(sigma) }],
  ]);
