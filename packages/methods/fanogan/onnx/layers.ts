import { epsilon } from '@ddad/models/block';
import { addWeight, type Network, type Value } from '@ddad/onnx';

export type Norm = 'batch' | 'layer';

const affine = (network: Network, name: string) =>
  ['weight', 'bias'].map((field) => addWeight(network, `${name}.${field}`));

export function addLinear(network: Network, name: string, x: Value): Value {
  return network.graph.op('Gemm', [x, ...affine(network, name)], { transB: 1 });
}

/** A convolution of stride 1 that keeps the maps' sides. */
export function addConvolution(
  network: Network,
  name: string,
  x: Value,
  { kernel, bias }: { kernel: 1 | 3; bias: boolean },
): Value {
  const parameters = bias ? affine(network, name) : [addWeight(network, `${name}.weight`)];
  const pad = (kernel - 1) / 2;
  return network.graph.op('Conv', [x, ...parameters], {
    kernel_shape: [kernel, kernel],
    strides: [1, 1],
    pads: [pad, pad, pad, pad],
  });
}

/** Maps [N,C,H,W] after batch normalisation by running statistics, or after layer normalisation over all values of an image. */
export function addNorm(network: Network, norm: Norm, name: string, x: Value): Value {
  const { graph } = network;
  const [scale, offset] = affine(network, name) as [Value, Value];
  if (norm === 'batch') {
    const running = ['running_mean', 'running_var'].map((field) => addWeight(network, `${name}.${field}`));
    return graph.op('BatchNormalization', [x, scale, offset, ...running], { epsilon });
  }
  // Opset 17 has no group normalisation.
  const axes = { axes: [1, 2, 3], keepdims: 1 };
  const centred = graph.op('Sub', [x, graph.op('ReduceMean', [x], axes)]);
  const variance = graph.op('ReduceMean', [graph.op('Mul', [centred, centred])], axes);
  const deviation = graph.op('Sqrt', [graph.op('Add', [variance, graph.scalar(epsilon)])]);
  const wide = (vector: Value) => graph.op('Reshape', [vector, graph.integers([1, -1, 1, 1])]);
  const normal = graph.op('Mul', [graph.op('Div', [centred, deviation]), wide(scale)]);
  return graph.op('Add', [normal, wide(offset)]);
}

/** Each pixel four times. @param maps channels and side of x */
function addDoubling(
  network: Network,
  x: Value,
  { channels, side }: { channels: number; side: number },
): Value {
  const { graph } = network;
  const apart = graph.op('Reshape', [x, graph.integers([-1, channels, side, 1, side, 1])]);
  const spread = graph.op('Expand', [apart, graph.integers([1, 1, 1, 2, 1, 2])]);
  return graph.op('Reshape', [spread, graph.integers([-1, channels, 2 * side, 2 * side])]);
}

/**
 * The models package's `preActivationBlock`.
 * @param maps channels and side of x
 */
export function addResidualBlock(
  network: Network,
  name: string,
  x: Value,
  { resample, norm, maps }: { resample: 'up' | 'down'; norm: Norm; maps: { channels: number; side: number } },
): Value {
  const { graph } = network;
  const halved = (y: Value) => graph.op('AveragePool', [y], { kernel_shape: [2, 2], strides: [2, 2] });
  const active = (suffix: string, y: Value) =>
    graph.op('Relu', [addNorm(network, norm, `${name}.${suffix}`, y)]);
  const convolved = (suffix: string, y: Value, bias: boolean) =>
    addConvolution(network, `${name}.${suffix}`, y, { kernel: 3, bias });
  const shortcut = (y: Value) => addConvolution(network, `${name}.shortcut`, y, { kernel: 1, bias: true });
  const first = active('norm1', x);
  if (resample === 'down') {
    const main = convolved('conv2', active('norm2', convolved('conv1', first, false)), true);
    return graph.op('Add', [halved(main), shortcut(halved(x))]);
  }
  const main = convolved(
    'conv2',
    active('norm2', convolved('conv1', addDoubling(network, first, maps), false)),
    true,
  );
  return graph.op('Add', [main, shortcut(addDoubling(network, x, maps))]);
}
