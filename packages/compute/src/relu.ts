import { backend, type OpAttribute, type Tensor, tf } from './tensorflow.ts';

/**
 * max(x, 0), of any shape. Its gradient is TensorFlow's own kernel, one pass over the maps where tfjs builds it from seven;
 * the values are the same.
 */
export function relu(x: Tensor): Tensor {
  const node = backend();
  const type: OpAttribute = { name: 'T', type: node.binding.TF_ATTR_TYPE, value: node.binding.TF_FLOAT };
  return tf.customGrad((input, save) => {
    const y = node.executeSingleOutput('Relu', [type], [input as Tensor]);
    (save as (tensors: Tensor[]) => void)([y]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => node.executeSingleOutput('ReluGrad', [type], [dy, saved[0]]),
    };
  })(x);
}
