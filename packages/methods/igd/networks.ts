import type { Tensor } from '@ddad/compute';
import {
  activation,
  batchNorm,
  chain,
  conv2d,
  inferencePass,
  type Layer,
  linear,
  named,
  type Pass,
  preActivationBlock,
  resnet18,
  resnet18Features,
  type Tensors,
  trainingPass,
  upsampleNearest,
} from '@ddad/models';
import { blocksOf } from './shape.ts';

/** Values of the latent code. */
export const latentSize = 128;
const colours = 3;

/** ResNet18's features, [N,S,S,3] to [N,512], under torchvision's names behind `encoder.`. */
export function encoder(): Layer {
  const network = resnet18({ inputs: colours, stem: 7 });
  return named('encoder', {
    parameters: network.parameters,
    apply: (x, pass) => network.apply(x, pass).features,
  });
}

/** Features to the latent code, [N,512] to [N,128]. */
export const projection = (): Layer => linear('projection', resnet18Features, latentSize);

/**
 * The latent code [N,128] to normalised images [N,S,S,3]. With images of 256 px as the source's: 4×4 maps, a convolution to 8×8, four
 * residual blocks up, and a convolution to the images.
 * @param width channels behind the last block; the source's are 64
 */
export function decoder(imageSize: number, width: number): Layer {
  const { side, extra, blocks } = blocksOf(imageSize);
  const channels = blocks[0]!.wide * width;
  const parts: Layer[] = [
    linear('decoder.ln1', latentSize, channels * side ** 2, { to: { channels, side } }),
    ...(extra
      ? [upsampleNearest(), conv2d('decoder.up1', channels, channels, { kernel: 3, padding: 1 })]
      : []),
    ...blocks.map(({ name, wide, narrow }) =>
      preActivationBlock(`decoder.${name}`, wide * width, narrow * width, { resample: 'up', norm: 'batch' }),
    ),
    batchNorm('decoder.bn', width),
    activation('relu'),
    upsampleNearest(),
    conv2d('decoder.up2', width, colours, { kernel: 5, padding: 2 }),
  ];
  return chain(...parts);
}

/**
 * Normalised images [N,S,S,3] to how much of another one is in each, [N,1]: the decoder's blocks the other way round, with layer
 * normalisation.
 */
export function critic(imageSize: number, width: number): Layer {
  const { side, extra, blocks } = blocksOf(imageSize);
  const channels = blocks[0]!.wide * width;
  return chain(
    conv2d('critic.conv1', colours, width, { kernel: 5, stride: 2, padding: 2 }),
    ...blocks.toReversed().map(({ wide, narrow }, at) =>
      preActivationBlock(`critic.rb${at + 1}`, narrow * width, wide * width, {
        resample: 'down',
        norm: 'layer',
      }),
    ),
    ...(extra ? [conv2d('critic.conv2', channels, channels, { kernel: 3, stride: 2, padding: 1 })] : []),
    linear('critic.ln1', channels * side ** 2, 1, { from: { channels, side } }),
  );
}

/** All networks of IGD. */
export interface IgdNetworks {
  encoder: Layer;
  projection: Layer;
  decoder: Layer;
  critic: Layer;
}

export function igdNetworks(imageSize: number, width: number): IgdNetworks {
  return {
    encoder: encoder(),
    projection: projection(),
    decoder: decoder(imageSize, width),
    critic: critic(imageSize, width),
  };
}

/**
 * How images are encoded in all of a training: in both phases' steps, and where c and σ are measured, which else would belong to another
 * network than the one that is trained. Where the encoder is trained that is by the batch's statistics: running ones are 0 and 1 at first, and
 * lag behind later. A frozen encoder is in inference mode throughout, as in the source.
 */
export function encodingPass(weights: Tensors, buffers: Tensors, isFrozen: boolean): Pass {
  return isFrozen ? inferencePass(weights, buffers) : trainingPass(weights, buffers);
}

/** @param x normalised images [N,S,S,3] @returns latent codes [N,128] */
export function encode({ encoder, projection }: IgdNetworks, x: Tensor, pass: Pass): Tensor {
  return projection.apply(encoder.apply(x, pass), pass);
}
