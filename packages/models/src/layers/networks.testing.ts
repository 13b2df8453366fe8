// The networks of test/reference/networks.py, under the same names.
import type { Tensor } from '@ddad/compute';
import { residualEncoderDecoder } from '../residual-encoder-decoder.ts';
import { resnet18 } from '../resnet18.ts';
import {
  activation,
  batchNorm,
  chain,
  conv2d,
  convTranspose2d,
  instanceNorm,
  type Layer,
  layerNorm,
  linear,
  maxPool,
  meanPool,
  type Pass,
  preActivationBlock,
  upsampleBilinear,
} from './index.ts';

export type NetworkName =
  | 'encoder-decoder'
  | 'resnet18'
  | 'resnet18-small'
  | 'critic'
  | 'smooth-critic'
  | 'generator'
  | 'mixed';

const critic = { norm: 'layer', activation: 'leakyRelu', slope: 0.2 } as const;

const features = (inputs: 1 | 3, stem: 7 | 3): Layer => {
  const network = resnet18({ inputs, stem });
  return {
    parameters: network.parameters,
    apply: (x: Tensor, pass: Pass) => network.apply(x, pass).features,
  };
};

export const networks: Readonly<Record<NetworkName, () => Layer>> = {
  resnet18: () => features(1, 7),
  'resnet18-small': () => features(3, 3),
  'encoder-decoder': residualEncoderDecoder,
  critic: () =>
    chain(
      conv2d('0', 1, 2, { kernel: 3, padding: 1 }),
      preActivationBlock('1', 2, 3, { resample: 'down', ...critic }),
      preActivationBlock('2', 3, 3, { resample: 'none', ...critic }),
      linear('3', 3 * 4 * 4, 1, { from: { channels: 3, side: 4 } }),
    ),
  'smooth-critic': () =>
    chain(
      conv2d('0', 1, 4, { kernel: 4, stride: 2, padding: 1 }),
      activation('elu'),
      convTranspose2d('1', 4, 3, { kernel: 3, stride: 2, padding: 1, outputPadding: 1 }),
      instanceNorm(),
      activation('tanh'),
      convTranspose2d('2', 3, 2, { kernel: 5, padding: 2 }),
      activation('sigmoid'),
      meanPool(),
      linear('3', 2 * 4 * 4, 5, { from: { channels: 2, side: 4 } }),
      layerNorm('4', 5),
      activation('tanh'),
      linear('5', 5, 1),
    ),
  generator: () =>
    chain(
      linear('0', 5, 6 * 2 * 2, { to: { channels: 6, side: 2 } }),
      preActivationBlock('1', 6, 5, { resample: 'up', norm: 'batch' }),
      preActivationBlock('2', 5, 3, { resample: 'up', norm: 'batch' }),
      batchNorm('3', 3),
      activation('relu'),
      conv2d('4', 3, 1, { kernel: 3, padding: 1 }),
      activation('tanh'),
    ),
  mixed: () =>
    chain(
      conv2d('0', 2, 4, { kernel: 4, stride: 2, padding: 1 }),
      instanceNorm(),
      activation('elu'),
      convTranspose2d('1', 4, 3, { kernel: 3, stride: 2, padding: 1, outputPadding: 1 }),
      maxPool({ kernel: 3, stride: 2, padding: 1 }),
      batchNorm('2', 3),
      activation('leakyRelu'),
      convTranspose2d('3', 3, 2, { kernel: 7, padding: 3 }),
      upsampleBilinear(),
      activation('sigmoid'),
    ),
};
