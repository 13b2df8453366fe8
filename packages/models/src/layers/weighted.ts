import { type ConvolutionForm, convolve, convolveTransposed, type Tensor, tf } from '@ddad/compute';
import type { MapSize } from '../block.ts';
import { tensorOf } from '../blocks.ts';
import { convolutionSpecs, linearSpecs } from '../parameter-specs.ts';
import type { Initial } from '../parameters.ts';
import type { Layer, Pass } from './layer.ts';

/** What PyTorch's layers take, with its defaults. */
interface ConvolutionSettings {
  kernel: number;
  stride?: 1 | 2;
  /** Zeros on each side. */
  padding?: number;
  bias?: boolean;
  /** Of the weight. */
  initial?: Initial;
}

function withBias(y: Tensor, name: string, bias: boolean, { weights }: Pass): Tensor {
  return bias ? tf.add(y, tensorOf(weights, `${name}.bias`)) : y;
}

/** nn.Conv2d: maps [N,H,W,inputs] to [N,H',W',outputs]. */
export function conv2d(
  name: string,
  inputs: number,
  outputs: number,
  { kernel, stride = 1, padding = 0, bias = true, initial }: ConvolutionSettings,
): Layer {
  const form: ConvolutionForm = { stride, padding };
  return {
    parameters: convolutionSpecs({ name, inputs, outputs, kernel, bias, initial }, false),
    apply: (x, pass) =>
      withBias(convolve(x, tensorOf(pass.weights, `${name}.weight`), form), name, bias, pass),
  };
}

/** nn.ConvTranspose2d: maps [N,H,W,inputs] to [N,H',W',outputs]. */
export function convTranspose2d(
  name: string,
  inputs: number,
  outputs: number,
  {
    kernel,
    stride = 1,
    padding = 0,
    outputPadding = 0,
    bias = true,
    initial,
  }: ConvolutionSettings & { outputPadding?: 0 | 1 },
): Layer {
  const form = { stride, padding, outputPadding };
  return {
    parameters: convolutionSpecs({ name, inputs, outputs, kernel, bias, initial }, true),
    apply: (x, pass) =>
      withBias(convolveTransposed(x, tensorOf(pass.weights, `${name}.weight`), form), name, bias, pass),
  };
}

/**
 * nn.Linear: [N,inputs] to [N,outputs].
 * @param settings `from`: maps that come in and are flattened; `to`: maps that go out
 */
export function linear(
  name: string,
  inputs: number,
  outputs: number,
  {
    bias = true,
    from,
    to,
    initial,
  }: { bias?: boolean; from?: MapSize; to?: MapSize; initial?: Initial } = {},
): Layer {
  return {
    parameters: linearSpecs({ name, inputs, outputs, bias, initial }, from ?? null, to ?? null),
    apply(x, pass) {
      const flat = from === undefined ? x : tf.reshape(x, [-1, inputs]);
      const y = withBias(tf.matMul(flat, tensorOf(pass.weights, `${name}.weight`)), name, bias, pass);
      return to === undefined ? y : tf.reshape(y, [-1, to.side, to.side, to.channels]);
    },
  };
}
