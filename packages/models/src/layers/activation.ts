import { elu, leakyRelu, relu, sigmoid, tanh } from '@ddad/compute';
import { type Layer, pure } from './layer.ts';

export type Activation = 'relu' | 'leakyRelu' | 'elu' | 'sigmoid' | 'tanh' | 'none';

/** @param slope of `leakyRelu` below 0; PyTorch's default is 0.01, GANs have 0.2 */
export function activation(kind: Activation, slope = 0.01): Layer {
  switch (kind) {
    case 'relu':
      return pure(relu);
    case 'leakyRelu':
      return pure((x) => leakyRelu(x, slope));
    case 'elu':
      return pure(elu);
    case 'sigmoid':
      return pure(sigmoid);
    case 'tanh':
      return pure(tanh);
    case 'none':
      return pure((x) => x);
  }
}
