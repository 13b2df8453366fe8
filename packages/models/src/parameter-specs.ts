import type { MapSize } from './block.ts';
import type { Initial, ParameterSpec } from './parameters.ts';

/** A layer that multiplies: what its parameters are made of. */
export interface WeightedLayer {
  /** PyTorch's name of the layer, like `encoder.0`. */
  name: string;
  inputs: number;
  outputs: number;
  /** Side of the kernel. */
  kernel: number;
  bias: boolean;
  /** Of the weight; PyTorch's default where it is left out. */
  initial?: Initial | undefined;
}

/** Weight and bias of a convolution, [O,I,K,K] in PyTorch, or of a transposed one, [I,O,K,K]. */
export function convolutionSpecs(layer: WeightedLayer, transposed: boolean): ParameterSpec[] {
  const { name, inputs, outputs, kernel } = layer;
  const [first, second] = transposed ? [inputs, outputs] : [outputs, inputs];
  const pytorchShape = [first, second, kernel, kernel];
  // PyTorch counts a transposed convolution's fan-in on its output channels as well: axis 1 in either case.
  const usual: Initial = { kind: 'uniform', fanIn: second * kernel * kernel };
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    kind: 'trainable',
    pytorchShape,
    shape: [kernel, kernel, second, first],
    unfolded: pytorchShape,
    permutation: [2, 3, 1, 0],
    initial: layer.initial ?? usual,
  };
  return layer.bias ? [weight, vectorSpec(`${name}.bias`, outputs, usual)] : [weight];
}

/**
 * Weight and bias of a linear layer, [out,in] in PyTorch.
 * @param from maps that come in flattened, and @param to maps that go out: C,H,W in PyTorch, H,W,C in memory here
 */
export function linearSpecs(
  layer: Omit<WeightedLayer, 'kernel'>,
  from: MapSize | null,
  to: MapSize | null,
): ParameterSpec[] {
  const { name, inputs, outputs } = layer;
  const unfold = (size: number, maps: MapSize | null) =>
    maps === null ? [size] : [maps.channels, maps.side, maps.side];
  const rows = unfold(outputs, to);
  const columns = unfold(inputs, from);
  // Channels last within each unfolded side; the input's axes before the output's.
  const order = (axes: number[], first: number) =>
    axes.length === 1 ? [first] : [first + 1, first + 2, first];
  const usual: Initial = { kind: 'uniform', fanIn: inputs };
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    kind: 'trainable',
    pytorchShape: [outputs, inputs],
    shape: [inputs, outputs],
    unfolded: [...rows, ...columns],
    permutation: [...order(columns, rows.length), ...order(rows, 0)],
    initial: layer.initial ?? usual,
  };
  if (!layer.bias) return [weight];
  return [
    weight,
    { ...vectorSpec(`${name}.bias`, outputs, usual), unfolded: rows, permutation: order(rows, 0) },
  ];
}

/** Scale and offset of a normalisation, as PyTorch names them. */
export function affineSpecs(name: string, channels: number): ParameterSpec[] {
  return [
    vectorSpec(`${name}.weight`, channels, { kind: 'constant', value: 1 }),
    vectorSpec(`${name}.bias`, channels, { kind: 'constant', value: 0 }),
  ];
}

/** Scale, offset and running statistics of a batch normalisation. */
export function batchNormSpecs(name: string, channels: number): ParameterSpec[] {
  const running = (field: string, value: 0 | 1): ParameterSpec => ({
    ...vectorSpec(`${name}.${field}`, channels, { kind: 'constant', value }),
    kind: 'buffer',
  });
  return [...affineSpecs(name, channels), running('running_mean', 0), running('running_var', 1)];
}

function vectorSpec(name: string, size: number, initial: Initial): ParameterSpec {
  return {
    name,
    kind: 'trainable',
    pytorchShape: [size],
    shape: [size],
    unfolded: [size],
    permutation: [0],
    initial,
  };
}
