import { backend, type OpAttribute, type Tensor, tf } from './tensorflow.ts';

const floats = (): OpAttribute => {
  const { binding } = backend();
  return { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
};

/** dy where y is above 0, else 0; differentiable in dy. @param y what the activation gave */
function gated(dy: Tensor, y: Tensor): Tensor {
  return tf.customGrad((gradient) => ({
    value: backend().executeSingleOutput('ReluGrad', [floats()], [gradient as Tensor, y]),
    gradFunc: (second: Tensor) => gated(second, y),
  }))(dy);
}

/**
 * max(x, 0), of any shape, twice differentiable. Its gradient is TensorFlow's own kernel, one pass over the maps where tfjs builds
 * it from seven; the values are the same.
 */
export function relu(x: Tensor): Tensor {
  return tf.customGrad((input, save) => {
    const y = backend().executeSingleOutput('Relu', [floats()], [input as Tensor]);
    (save as (tensors: Tensor[]) => void)([y]);
    return { value: y, gradFunc: (dy: Tensor, saved: Tensor[]) => gated(dy, saved[0] as Tensor) };
  })(x);
}
