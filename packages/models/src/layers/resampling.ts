import { type Tensor, tf } from '@ddad/compute';
import { type Layer, pure } from './layer.ts';

type Tensor4D = ReturnType<typeof tf.tensor4d>;

function shapeOf(x: Tensor): [images: number, height: number, width: number, channels: number] {
  const [images, height, width, channels] = x.shape;
  if (images === undefined || height === undefined || width === undefined || channels === undefined)
    throw new RangeError(`expected maps [N,H,W,C], got a tensor of ${x.shape.join('×') || 'no axes'}`);
  return [images, height, width, channels];
}

/**
 * nn.MaxPool2d.
 * @param padding rows and columns on each side that are never the greatest, as PyTorch has it
 */
export function maxPool({
  kernel,
  stride,
  padding = 0,
}: {
  kernel: number;
  stride: number;
  padding?: number;
}): Layer {
  return pure((x) => {
    shapeOf(x);
    const sides: [number, number] = [padding, padding];
    const maps =
      padding === 0
        ? (x as Tensor4D)
        : tf.pad(x as Tensor4D, [[0, 0], sides, sides, [0, 0]], Number.NEGATIVE_INFINITY);
    return tf.maxPool(maps, kernel, stride, 'valid');
  });
}

/** Means of 2×2 pixels: nn.AvgPool2d(2), of maps with even sides. Twice differentiable, as tfjs's own pooling is not. */
export function meanPool(): Layer {
  return pure((x) => {
    const [images, height, width, channels] = shapeOf(x);
    return tf.mean(tf.reshape(x, [images, height / 2, 2, width / 2, 2, channels]), [2, 4]);
  });
}

/** Mean over all pixels: nn.AdaptiveAvgPool2d(1) and flattening, to [N,C]. */
export function globalMean(): Layer {
  return pure((x) => tf.mean(x, [1, 2]));
}

/** Each pixel four times: nn.Upsample(scale_factor=2, mode='nearest'). Twice differentiable. */
export function upsampleNearest(): Layer {
  return pure((x) => {
    const [images, height, width, channels] = shapeOf(x);
    // An addition of zeros, as its gradient is one sum; tfjs has none of a tile of six axes.
    const spread = tf.add(
      tf.reshape(x, [images, height, 1, width, 1, channels]),
      tf.zeros([1, 1, 2, 1, 2, 1]),
    );
    return tf.reshape(spread, [images, 2 * height, 2 * width, channels]);
  });
}

/** nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True): corners stay corners. */
export function upsampleBilinear(): Layer {
  return pure((x) => {
    const [, height, width] = shapeOf(x);
    return tf.image.resizeBilinear(x as Tensor4D, [2 * height, 2 * width], true);
  });
}
