import { epsilon } from '@ddad/models/block';
import type { Value } from './graph-builder.ts';
import { addWeight, type Network } from './network-blocks.ts';

interface ConvolutionForm {
  kernel: number;
  stride: number;
  padding: number;
}

/** Adds a convolution without bias, `NAME.weight`. [N,C,H,W] */
export function addConvolution(
  network: Network,
  name: string,
  x: Value,
  { kernel, stride, padding }: ConvolutionForm,
): Value {
  return network.graph.op('Conv', [x, addWeight(network, `${name}.weight`)], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  });
}

/** Adds batch normalisation by running statistics, `NAME.weight` and so on. */
export function addBatchNorm(network: Network, name: string, x: Value): Value {
  const parameters = ['weight', 'bias', 'running_mean', 'running_var'];
  return network.graph.op(
    'BatchNormalization',
    [x, ...parameters.map((one) => addWeight(network, `${name}.${one}`))],
    { epsilon },
  );
}

/** A basic block of a ResNet, under torchvision's names. */
function addBasicBlock(network: Network, name: string, x: Value, stride: 1 | 2): Value {
  const { graph, weights } = network;
  const first = addConvolution(network, `${name}.conv1`, x, { kernel: 3, stride, padding: 1 });
  const inner = graph.op('Relu', [addBatchNorm(network, `${name}.bn1`, first)]);
  const second = addConvolution(network, `${name}.conv2`, inner, { kernel: 3, stride: 1, padding: 1 });
  const own = addBatchNorm(network, `${name}.bn2`, second);
  const shortcut = weights.has(`${name}.downsample.0.weight`)
    ? addBatchNorm(
        network,
        `${name}.downsample.1`,
        addConvolution(network, `${name}.downsample.0`, x, { kernel: 1, stride, padding: 0 }),
      )
    : x;
  return graph.op('Relu', [graph.op('Add', [own, shortcut])]);
}

/**
 * Adds a ResNet18 with torchvision's 7×7 stem, under torchvision's names, without its classifier.
 * @param images [N,C,H,W], sides of a multiple of 32
 * @returns maps of layer4, [N,512,H/32,W/32], and their means, [N,512]
 * @throws Error that names the tensor, where one is missing
 */
export function addResNet18(network: Network, images: Value): { maps: Value; features: Value } {
  const { graph } = network;
  const stem = addConvolution(network, 'conv1', images, { kernel: 7, stride: 2, padding: 3 });
  let x = graph.op('MaxPool', [graph.op('Relu', [addBatchNorm(network, 'bn1', stem)])], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  for (const layer of [1, 2, 3, 4]) {
    x = addBasicBlock(network, `layer${layer}.0`, x, layer === 1 ? 1 : 2);
    x = addBasicBlock(network, `layer${layer}.1`, x, 1);
  }
  const features = graph.op('ReduceMean', [x], { axes: [2, 3], keepdims: 0 });
  return { maps: x, features };
}
