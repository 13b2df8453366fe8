// Knows no TensorFlow: whoever only wants to know how a network is built may import it.

/** Maps that a linear layer reads or writes flattened: C,H,W in PyTorch, H,W,C in memory here. */
export interface MapSize {
  channels: number;
  side: number;
}

/**
 * A layer, with BatchNorm and ReLU behind it where `norm` names one. The networks of the paper are chains of these, so one
 * description gives their parameters, training, inference and folding.
 */
export interface Block {
  layer: 'convolution' | 'transposedConvolution' | 'linear';
  /** PyTorch's name of the layer, like `encoder.0`. */
  name: string;
  inputs: number;
  outputs: number;
  /** Side of the kernel and stride; padding keeps `side / stride` (or `side * stride`), TensorFlow's `same`. */
  kernel: number;
  stride: number;
  bias: boolean;
  /** PyTorch's name of the BatchNorm. */
  norm: string | null;
  /** Where dropout acts behind the ReLU, as masks count their sites; null where it never does. */
  dropSite: number | null;
  /** Linear layers only: the maps that come in, or go out. */
  from: MapSize | null;
  to: MapSize | null;
}

/** Of every BatchNorm. */
export const epsilon = 1e-5;

interface ConvolutionSettings {
  kernel: number;
  stride: number;
  bias?: boolean;
  norm?: string | undefined;
}

export function convolution(
  name: string,
  inputs: number,
  outputs: number,
  { kernel, stride, bias = false, norm }: ConvolutionSettings,
): Block {
  return {
    layer: 'convolution',
    name,
    inputs,
    outputs,
    kernel,
    stride,
    bias,
    norm: norm ?? null,
    dropSite: null,
    from: null,
    to: null,
  };
}

/** To maps of twice the side, by a 4×4 kernel: the one form that the decoders have, and that compute makes fast. */
export function transposedConvolution(
  name: string,
  inputs: number,
  outputs: number,
  { norm }: { norm?: string } = {},
): Block {
  const block = convolution(name, inputs, outputs, { kernel: 4, stride: 2, norm });
  return { ...block, layer: 'transposedConvolution' };
}

export function linear(
  name: string,
  inputs: number,
  outputs: number,
  { norm, dropSite, from, to }: { norm?: string; dropSite?: number; from?: MapSize; to?: MapSize } = {},
): Block {
  const block = convolution(name, inputs, outputs, { kernel: 1, stride: 1, bias: true, norm });
  return { ...block, layer: 'linear', dropSite: dropSite ?? null, from: from ?? null, to: to ?? null };
}
