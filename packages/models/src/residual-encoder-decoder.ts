import type { Tensor } from '@ddad/compute';
import {
  activation,
  chain,
  conv2d,
  convTranspose2d,
  type Layer,
  type Pass,
  transposedBasicBlock,
  upsampleBilinear,
} from './layers/index.ts';
import type { ParameterSpec } from './parameters.ts';
import { kaiming, resnet18 } from './resnet18.ts';

/** A network from grey images to a map of the same size. */
export interface EncoderDecoder {
  /** Under the names of NSA's code, whose encoder's are torchvision's. 11,491,440 trainable values. */
  parameters: readonly ParameterSpec[];
  /** @param images [N,H,W,1] in [0,1], sides of a multiple of 32 @returns logits, [N,H,W,1] */
  apply(images: Tensor, pass: Pass): Tensor;
}

/**
 * The network of NSA (Schlüter et al., ECCV 2022), which the DDAD paper's FPI, PII and CutPaste end to end have as well: a ResNet18, two
 * 1×1 convolutions to 128 channels, three transposed residual blocks of 64, 32 and 16, doubling with corners that stay, and a transposed
 * 7×7 convolution. Its last activation, a sigmoid, is left to whoever uses it, as a loss by logits loses no digits.
 */
export function residualEncoderDecoder(): EncoderDecoder {
  const encoder = resnet18({ inputs: 1, stem: 7 });
  const narrow = (name: string, inputs: number, outputs: number) =>
    conv2d(name, inputs, outputs, { kernel: 1, bias: false, initial: kaiming(outputs, 1) });
  const up = (number: number, inputs: number, outputs: number) =>
    transposedBasicBlock(`uplayer${number}.0`, inputs, outputs, { initial: kaiming });
  const decoder: Layer = chain(
    narrow('nin.0', 512, 256),
    activation('relu'),
    narrow('nin.2', 256, 128),
    activation('relu'),
    up(1, 128, 64),
    up(2, 64, 32),
    up(3, 32, 16),
    upsampleBilinear(),
    convTranspose2d('convtranspose1', 16, 1, {
      kernel: 7,
      stride: 2,
      padding: 3,
      outputPadding: 1,
      bias: false,
    }),
  );
  return {
    parameters: [...encoder.parameters, ...decoder.parameters],
    apply: (images, pass) => decoder.apply(encoder.apply(images, pass).maps, pass),
  };
}
