import type { TensorLayout } from '@ddad/contract';

type Shapes = [name: string, shape: number[]][];

const batchNorm = (name: string, channels: number): Shapes =>
  ['weight', 'bias', 'running_mean', 'running_var'].map((tensor) => [`${name}.${tensor}`, [channels]]);

function basicBlock(name: string, inputs: number, outputs: number): Shapes {
  return [
    [`${name}.conv1.weight`, [outputs, inputs, 3, 3]],
    ...batchNorm(`${name}.bn1`, outputs),
    [`${name}.conv2.weight`, [outputs, outputs, 3, 3]],
    ...batchNorm(`${name}.bn2`, outputs),
    ...(inputs === outputs
      ? []
      : ([
          [`${name}.downsample.0.weight`, [outputs, inputs, 1, 1]],
          ...batchNorm(`${name}.downsample.1`, outputs),
        ] satisfies Shapes)),
  ];
}

const widths = [64, 128, 256, 512];

/**
 * What weights of torchvision's ResNet18 hold, for colour images: what `resnet18({ inputs: 3 })` of `@ddad/models` takes, which
 * whoever only plans does not load (a test holds both together). Its classifier and the counts of batches are of no use.
 */
export const resnet18Layout: TensorLayout = {
  network: 'the ResNet18 of torchvision',
  tensors: Object.fromEntries<number[]>([
    ['conv1.weight', [64, 3, 7, 7]],
    ...batchNorm('bn1', 64),
    ...widths.flatMap((width, i): Shapes => {
      const name = `layer${i + 1}`;
      return [
        ...basicBlock(`${name}.0`, widths[i - 1] ?? width, width),
        ...basicBlock(`${name}.1`, width, width),
      ];
    }),
  ]),
  passes: /^fc\.(weight|bias)$|\.num_batches_tracked$/,
};

/** ImageNet's mean and standard deviation of red, green and blue in 0..1, by which torchvision's weights have their images normalised. */
export const imageNet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;
