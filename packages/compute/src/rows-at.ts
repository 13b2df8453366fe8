import { backend, type Tensor, tf } from './tensorflow.ts';

/**
 * Rows of a tensor by their positions. tfjs's own `gather` reads the positions back to check them, which a compiled step cannot;
 * not differentiable.
 * @param rows [N, …]
 * @param positions [B], whole numbers in 0 … N-1 as float32, the type of a step's inputs, which holds them exactly up to 2^24. On a
 *   processor others are an error of the step, on a GPU they give zeros
 * @returns [B, …]
 */
export function rowsAt(rows: Tensor, positions: Tensor): Tensor {
  return tf.tidy(() => {
    const node = backend();
    const { binding } = node;
    const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
    return node.executeSingleOutput(
      'GatherV2',
      [
        type('Tparams', binding.TF_FLOAT),
        type('Tindices', binding.TF_INT32),
        type('Taxis', binding.TF_INT32),
      ],
      [rows, tf.cast(positions, 'int32'), tf.scalar(0, 'int32')],
    );
  });
}
