import type { Initial } from '../parameters.ts';
import { type Activation, activation } from './activation.ts';
import { chain, type Layer, residual } from './layer.ts';
import { batchNorm, type Norm, norm } from './norms.ts';
import { meanPool, upsampleNearest } from './resampling.ts';
import { conv2d, convTranspose2d } from './weighted.ts';

/**
 * ResNet's basic block: two 3×3 convolutions with batch normalisation, ReLU behind the sum. Parameters carry torchvision's names;
 * where stride or channels change, the shortcut is `downsample`.
 * @param initial of the convolutions' weights
 */
export function basicBlock(
  name: string,
  inputs: number,
  outputs: number,
  { stride = 1, initial }: { stride?: 1 | 2; initial?: (outputs: number, kernel: number) => Initial } = {},
): Layer {
  const convolution = (suffix: string, from: number, kernel: number, step: 1 | 2) =>
    conv2d(`${name}.${suffix}`, from, outputs, {
      kernel,
      stride: step,
      padding: (kernel - 1) / 2,
      bias: false,
      ...(initial === undefined ? {} : { initial: initial(outputs, kernel) }),
    });
  return residual({
    main: chain(
      convolution('conv1', inputs, 3, stride),
      batchNorm(`${name}.bn1`, outputs),
      activation('relu'),
      convolution('conv2', outputs, 3, 1),
      batchNorm(`${name}.bn2`, outputs),
    ),
    shortcut:
      stride === 1 && inputs === outputs
        ? undefined
        : chain(convolution('downsample.0', inputs, 1, stride), batchNorm(`${name}.downsample.1`, outputs)),
    after: activation('relu'),
  });
}

/**
 * A basic block whose first convolution is a transposed one of stride 2, which doubles the maps' sides, and whose shortcut is a transposed
 * 1×1 convolution, `upsample`. The transposed convolutions start as PyTorch's do, the other one with `initial`.
 */
export function transposedBasicBlock(
  name: string,
  inputs: number,
  outputs: number,
  { initial }: { initial?: (outputs: number, kernel: number) => Initial } = {},
): Layer {
  const transposed = (suffix: string, kernel: 1 | 3) =>
    convTranspose2d(`${name}.${suffix}`, inputs, outputs, {
      kernel,
      stride: 2,
      padding: (kernel - 1) / 2,
      outputPadding: 1,
      bias: false,
    });
  return residual({
    main: chain(
      transposed('conv1', 3),
      batchNorm(`${name}.bn1`, outputs),
      activation('relu'),
      conv2d(`${name}.conv2`, outputs, outputs, {
        kernel: 3,
        padding: 1,
        bias: false,
        ...(initial === undefined ? {} : { initial: initial(outputs, 3) }),
      }),
      batchNorm(`${name}.bn2`, outputs),
    ),
    shortcut: chain(transposed('upsample.0', 1), batchNorm(`${name}.upsample.1`, outputs)),
    after: activation('relu'),
  });
}

/** What a pre-activation block is made of. */
export interface PreActivationSettings {
  /** `up` doubles the maps' sides, `down` halves them. */
  resample: 'up' | 'down' | 'none';
  norm: Norm;
  activation?: Activation;
  /** Of `leakyRelu`. */
  slope?: number;
}

/**
 * A residual block whose norm and activation are before each of its two 3×3 convolutions, as in WGAN-GP's generator and critic: going
 * up, maps are doubled (nearest) before the first and in the shortcut; going down, means of 2×2 are taken behind the second and
 * before the shortcut. The shortcut is a 1×1 convolution where channels or sides change. Parameters: `norm1`, `conv1` (without bias),
 * `norm2`, `conv2`, `shortcut`.
 */
export function preActivationBlock(
  name: string,
  inputs: number,
  outputs: number,
  { resample, norm: kind, activation: active = 'relu', slope }: PreActivationSettings,
): Layer {
  const hidden = resample === 'down' ? inputs : outputs;
  const nothing = chain();
  const [up, down] = [
    resample === 'up' ? upsampleNearest() : nothing,
    resample === 'down' ? meanPool() : nothing,
  ];
  const three = (suffix: string, from: number, to: number, bias: boolean) =>
    conv2d(`${name}.${suffix}`, from, to, { kernel: 3, padding: 1, bias });
  const shortcut = conv2d(`${name}.shortcut`, inputs, outputs, { kernel: 1 });
  return residual({
    main: chain(
      norm(kind, `${name}.norm1`, inputs),
      activation(active, slope),
      up,
      three('conv1', inputs, hidden, false),
      norm(kind, `${name}.norm2`, hidden),
      activation(active, slope),
      three('conv2', hidden, outputs, true),
      down,
    ),
    // Doubling behind the 1×1 convolution is the same as before it, and a quarter of the work.
    shortcut: resample === 'none' && inputs === outputs ? undefined : chain(down, shortcut, up),
  });
}
