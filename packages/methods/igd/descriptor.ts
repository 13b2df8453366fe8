import { inferenceStep, type TensorData } from '@ddad/compute';
import { imageNetImages } from '../imagenet-images.ts';
import { encode, encodingPass, igdNetworks, latentSize } from './networks.ts';

/** Where the normal images' codes lie: c and σ of IGD's Gaussian. */
export interface Descriptor {
  centre: Float32Array;
  sigma: number;
}

/** A component nearer to 0 than this is pushed out to it: weights of zero would match it. */
const least = 0.1;

/** What codes are made with. */
export interface Coding {
  /** The networks' tensors by name; of encoder and projection they are needed. */
  weights: ReadonlyMap<string, TensorData>;
  side: number;
  width: number;
  batchSize: number;
  /** Whether the encoder stays as it is. */
  isFrozen: boolean;
}

/**
 * Codes of batches of images, z, as the training's steps have them: by the batch's statistics where the encoder is trained.
 * @param batches of `batchSize` images in [-1,1], [batchSize·side·side], which may lie in the same memory
 * @param goesOn asked after every batch
 * @returns [N,128]; null where `goesOn` says no
 */
export async function codesOf(
  { weights, side, width, batchSize, isFrozen }: Coding,
  batches: Iterable<Float32Array>,
  goesOn: () => Promise<boolean>,
): Promise<Float32Array | null> {
  const networks = igdNetworks(side, width);
  const names = new Set(
    [...networks.encoder.parameters, ...networks.projection.parameters].map(({ name }) => name),
  );
  const step = inferenceStep({
    weights: new Map([...weights].filter(([name]) => names.has(name))),
    inputs: { images: [batchSize, side, side, 1] },
    compute: (tensors, inputs) => ({
      codes: encode(networks, imageNetImages(inputs.images!), encodingPass(tensors, tensors, isFrozen)),
    }),
    mode: 'graph',
  });
  try {
    const found: Float32Array[] = [];
    for (const images of batches) {
      found.push(step.run({ images }).codes!);
      if (!(await goesOn())) return null;
    }
    const codes = new Float32Array(found.length * batchSize * latentSize);
    for (const [at, batch] of found.entries()) codes.set(batch, at * batch.length);
    return codes;
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
