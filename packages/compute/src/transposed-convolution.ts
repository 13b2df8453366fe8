import { type Tensor, tf } from './tensorflow.ts';

type Tensor4D = ReturnType<typeof tf.tensor4d>;

const stride = 2;
/** oneDNN's kernel for transposed convolutions fills its output channels up to this many. */
const fullWidth = 16;

/**
 * Output pixel 2w−1+a (a = 0, 1) of a transposed convolution of stride 2 takes input pixels w−1 and w, through the kernel's
 * taps 2+a and a. So one ordinary convolution with 2×2 taps gives both of them, in each direction, as channels at w.
 * @param weight [4,4,outputs,inputs]
 * @returns [2,2,inputs,4·outputs]
 */
function kernelOfChannels(weight: Tensor): Tensor4D {
  const [, , outputs, inputs] = weight.shape;
  const taps = tf.reshape(weight, [2, 2, 2, 2, outputs!, inputs!]);
  const byInput = tf.reverse(tf.transpose(taps, [0, 2, 5, 1, 3, 4]), [0, 1]);
  return tf.reshape(byInput, [2, 2, inputs!, stride ** 2 * outputs!]);
}

/** The transposed convolution by an ordinary one, whose channels then become pixels. */
function throughChannels(x: Tensor4D, weight: Tensor): Tensor {
  const [n, height, width] = x.shape;
  const outputs = weight.shape[2] as number;
  const oneAround: [[0, 0], [1, 1], [1, 1], [0, 0]] = [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ];
  const channels = tf.conv2d(x, kernelOfChannels(weight), 1, oneAround);
  const pixels = tf.depthToSpace(channels, stride, 'NHWC');
  return tf.slice(pixels, [0, 1, 1, 0], [n, stride * height, stride * width, outputs]);
}

/** The gradient by the kernel: what a convolution from the large maps to the small ones would have. */
function kernelGradient(x: Tensor, dy: Tensor, weight: Tensor): Tensor {
  return tf.engine().runKernel(
    'Conv2DBackpropFilter',
    { x: dy, dy: x },
    {
      strides: stride,
      pad: 'same',
      dataFormat: 'NHWC',
      dimRoundingMode: 'floor',
      filterShape: weight.shape,
    },
  ) as Tensor;
}

/**
 * Transposed convolution with a 4×4 kernel, stride 2 and padding 1 (PyTorch's ConvTranspose2d(…, 4, 2, 1)), differentiable in
 * both arguments. To few channels, as a network's last layer has it, it goes through an ordinary convolution: 64 images to
 * 64×64×1 take 1.5 ms instead of 4.1.
 * @param x [N,H,W,inputs]
 * @param weight [4,4,outputs,inputs]
 * @returns [N,2H,2W,outputs]
 */
export function transposedConvolution(x: Tensor, weight: Tensor): Tensor {
  const [n, height, width] = x.shape;
  const outputs = weight.shape[2] as number;
  if (outputs >= fullWidth) {
    const shape: [number, number, number, number] = [n, stride * height!, stride * width!, outputs];
    return tf.conv2dTranspose(x as Tensor4D, weight as Tensor4D, shape, stride, 'same');
  }
  return tf.customGrad((maps, kernel, save) => {
    (save as (tensors: Tensor[]) => void)([maps as Tensor, kernel as Tensor]);
    return {
      value: throughChannels(maps as Tensor4D, kernel as Tensor),
      gradFunc: (dy: Tensor, saved: Tensor[]) => [
        tf.conv2d(dy as Tensor4D, saved[1] as Tensor4D, stride, 'same'),
        kernelGradient(saved[0]!, dy, saved[1]!),
      ],
    };
  })(x, weight);
}
