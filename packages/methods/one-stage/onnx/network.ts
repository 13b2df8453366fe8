import { addBatchNorm, addConvolution, addResNet18, addWeight, type Network, type Value } from '@ddad/onnx';

/** Adds a transposed convolution without bias, which doubles the sides, `NAME.weight`. [N,C,H,W] */
function addDoubling(network: Network, name: string, x: Value, kernel: number): Value {
  const padding = (kernel - 1) / 2;
  return network.graph.op('ConvTranspose', [x, addWeight(network, `${name}.weight`)], {
    kernel_shape: [kernel, kernel],
    strides: [2, 2],
    pads: [padding, padding, padding, padding],
    output_padding: [1, 1],
  });
}

/** Adds a basic block that doubles the sides. */
function addTransposedBlock(network: Network, name: string, x: Value): Value {
  const { graph } = network;
  const first = addDoubling(network, `${name}.conv1`, x, 3);
  const inner = graph.op('Relu', [addBatchNorm(network, `${name}.bn1`, first)]);
  const second = addConvolution(network, `${name}.conv2`, inner, { kernel: 3, stride: 1, padding: 1 });
  const own = addBatchNorm(network, `${name}.bn2`, second);
  const shortcut = addBatchNorm(
    network,
    `${name}.upsample.1`,
    addDoubling(network, `${name}.upsample.0`, x, 1),
  );
  return graph.op('Relu', [graph.op('Add', [own, shortcut])]);
}

/**
 * Adds a residual encoder-decoder: images [N,1,H,W] in [0,1] to logits [N,1,H,W].
 * @throws Error that names the tensor, where one is missing
 */
export function addEncoderDecoder(network: Network, images: Value): Value {
  const { graph } = network;
  let x = addResNet18(network, images).maps;
  for (const name of ['nin.0', 'nin.2'])
    x = graph.op('Relu', [addConvolution(network, name, x, { kernel: 1, stride: 1, padding: 0 })]);
  for (const layer of [1, 2, 3]) x = addTransposedBlock(network, `uplayer${layer}.0`, x);
  const scales = graph.weight('doubled', { shape: [4], data: Float32Array.of(1, 1, 2, 2) });
  x = graph.op('Resize', [x, '', scales], {
    mode: 'linear',
    coordinate_transformation_mode: 'align_corners',
  });
  return addDoubling(network, 'convtranspose1', x, 7);
}
