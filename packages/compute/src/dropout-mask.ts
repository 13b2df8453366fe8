import { randomStream } from './random.ts';
import { backend, type Tensor, tf } from './tensorflow.ts';

/** Values of a mask's seed. */
export const maskSeedSize = 2;
/** Bits of each: what float32, the type of a step's inputs, holds exactly. */
const bits = 24;
/** Sites whose masks differ under one seed; beyond, an int32 would not hold the number. */
const sites = 2 ** (31 - bits);

/** A mask's seed as the input of a compiled step: two whole numbers below 2^24, by a seed and what the mask is for. */
export function maskSeed(seed: number, ...labels: (string | number)[]): Float32Array {
  const random = randomStream(seed, 'dropout', ...labels);
  return Float32Array.from({ length: maskSeedSize }, () => random.integer(0, 2 ** bits - 1));
}

/**
 * A mask of inverted dropout: 0 with probability `rate`, else 1/(1 − rate), each value by itself. Made inside of the graph by
 * TensorFlow's stateless (counter-based) generator: the same values for the same seed and shape, whatever ran before and on
 * however many threads. May be recorded into a compiled step; not differentiable, which masks need not be.
 * @param seed what `maskSeed` gave, [2]
 * @param site which of the masks under this seed, 0 to 127: they have nothing in common
 * @param rate 0 to less than 1, a constant of the graph
 */
export function dropoutMask(seed: Tensor, site: number, shape: readonly number[], rate: number): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`rate: expected 0 to less than 1, got ${rate}`);
  if (!(Number.isInteger(site) && site >= 0 && site < sites))
    throw new RangeError(`site: expected 0 to ${sites - 1}, got ${site}`);
  return tf.tidy(() => {
    const node = backend();
    const { binding } = node;
    const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
    const own = tf.add(tf.cast(seed, 'int32'), tf.tensor1d([0, site * 2 ** bits], 'int32'));
    const uniform = node.executeSingleOutput(
      'StatelessRandomUniform',
      [
        type('dtype', binding.TF_FLOAT),
        type('T', binding.TF_INT32),
        type('Tseed', binding.TF_INT32),
        // XLA's own generator has other values under the same seed.
        { name: '_XlaCompile', type: binding.TF_ATTR_BOOL, value: false },
      ],
      [tf.tensor1d([...shape], 'int32'), own],
    );
    return tf.mul(tf.cast(tf.greaterEqual(uniform, rate), 'float32'), 1 / (1 - rate));
  });
}
