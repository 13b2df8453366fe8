import type { Tensor } from '@ddad/compute';
import {
  activation,
  basicBlock,
  batchNorm,
  chain,
  conv2d,
  globalMean,
  type Layer,
  maxPool,
  type Pass,
} from './layers/index.ts';
import type { Initial, ParameterSpec } from './parameters.ts';

/** Values of the feature vector. */
export const resnet18Features = 512;

/** A ResNet18 without its classifier. */
export interface ResNet18 {
  /** Under torchvision's names, in its order. 11,170,240 trainable values with one input channel and the 7×7 stem. */
  parameters: readonly ParameterSpec[];
  /**
   * @param images [N,H,W,inputs], sides of a multiple of 32 (8 with the 3×3 stem)
   * @returns `maps` of layer4, [N,H/32,W/32,512] (H/8 with the 3×3 stem), and their means `features`, [N,512]
   */
  apply(images: Tensor, pass: Pass): { maps: Tensor; features: Tensor };
}

/** torchvision's start of a convolution: He's normal distribution by the fan-out. */
export const kaiming = (outputs: number, kernel: number): Initial => ({
  kind: 'normal',
  mean: 0,
  deviation: Math.sqrt(2 / (outputs * kernel * kernel)),
});

/**
 * ResNet18 (He et al. 2016), as torchvision 0.x has it: a 7×7 convolution of stride 2 and a max-pool, four layers of two basic blocks.
 * @param stem 7: torchvision's; 3: a 3×3 convolution of stride 1 without pooling, as for images of 32 pixels
 */
export function resnet18({ inputs, stem = 7 }: { inputs: 1 | 3; stem?: 7 | 3 }): ResNet18 {
  const entry = chain(
    conv2d('conv1', inputs, 64, {
      kernel: stem,
      stride: stem === 7 ? 2 : 1,
      padding: (stem - 1) / 2,
      bias: false,
      initial: kaiming(64, stem),
    }),
    batchNorm('bn1', 64),
    activation('relu'),
    ...(stem === 7 ? [maxPool({ kernel: 3, stride: 2, padding: 1 })] : []),
  );
  const layer = (number: number, from: number, to: number): Layer =>
    chain(
      basicBlock(`layer${number}.0`, from, to, { stride: number === 1 ? 1 : 2, initial: kaiming }),
      basicBlock(`layer${number}.1`, to, to, { initial: kaiming }),
    );
  const trunk = chain(entry, layer(1, 64, 64), layer(2, 64, 128), layer(3, 128, 256), layer(4, 256, 512));
  const pool = globalMean();
  return {
    parameters: trunk.parameters,
    apply(images, pass) {
      const maps = trunk.apply(images, pass);
      return { maps, features: pool.apply(maps, pass) };
    },
  };
}
