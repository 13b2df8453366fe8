"""Networks of layers.py, by name: what packages/models is compared with. `check_networks.py` proves the derivatives.

Command line (files are safetensors, float32; a network is one of NETWORKS below):

    networks.py step    NETWORK WEIGHTS INPUTS OUTPUT   inputs: x, target -> y (training mode), inferred (inference mode), loss (the
                                                        mean of (y - target)^2), gradient/NAME, gradient/x, buffer/NAME, margin (the
                                                        least |x| that a ReLU saw)
    networks.py penalty NETWORK WEIGHTS INPUTS OUTPUT   inputs: x -> penalty, the mean over images of (|d sum(y) / dx| - 1)^2, its
                                                        gradient/NAME by central differences, and margin
"""

import argparse

import numpy as np

import reference
from layers import (
    GlobalMean,
    ImageNorm,
    LeakyRelu,
    MaxPool,
    MeanPool,
    Residual,
    TransposedConvolution,
    backward,
    bilinear,
    elu,
    every,
    nearest,
    sigmoid,
    tanh,
)
from reference import BatchNorm, Convolution, Linear, Relu, Reshape


def basic_block(name, stride, changes):
    """ResNet's: two 3x3 convolutions, ReLU behind the sum."""
    main = [
        Convolution(f'{name}.conv1', stride, 1, bias=False),
        BatchNorm(f'{name}.bn1'),
        Relu(),
        Convolution(f'{name}.conv2', 1, 1, bias=False),
        BatchNorm(f'{name}.bn2'),
    ]
    shortcut = [Convolution(f'{name}.downsample.0', stride, 0, bias=False), BatchNorm(f'{name}.downsample.1')]
    return Residual(main, shortcut if changes else [], [Relu()])


def transposed_block(name):
    """A basic block that doubles the maps' sides by transposed convolutions."""
    main = [
        TransposedConvolution(f'{name}.conv1', 2, 1, 1, bias=False),
        BatchNorm(f'{name}.bn1'),
        Relu(),
        Convolution(f'{name}.conv2', 1, 1, bias=False),
        BatchNorm(f'{name}.bn2'),
    ]
    shortcut = [TransposedConvolution(f'{name}.upsample.0', 2, 0, 1, bias=False), BatchNorm(f'{name}.upsample.1')]
    return Residual(main, shortcut, [Relu()])


def encoder_decoder():
    """NSA's, up to the logits."""
    layers = resnet18(7)[:-1]
    for name in ('nin.0', 'nin.2'):
        layers += [Convolution(name, 1, 0, bias=False), Relu()]
    layers += [transposed_block(f'uplayer{number}.0') for number in (1, 2, 3)]
    return layers + [bilinear(), TransposedConvolution('convtranspose1', 2, 3, 1, bias=False)]


def resnet18(stem):
    layers = [Convolution('conv1', 2 if stem == 7 else 1, (stem - 1) // 2, bias=False), BatchNorm('bn1'), Relu()]
    layers += [MaxPool(3, 2, 1)] if stem == 7 else []
    for number in (1, 2, 3, 4):
        layers += [basic_block(f'layer{number}.0', 1 if number == 1 else 2, number > 1)]
        layers += [basic_block(f'layer{number}.1', 1, False)]
    return layers + [GlobalMean()]


def pre_activation(name, resample, norm, active, same=False):
    """WGAN-GP's residual block: norm and activation before each convolution."""
    up, down = ([nearest()] if resample == 'up' else []), ([MeanPool()] if resample == 'down' else [])
    main = [norm(f'{name}.norm1'), active(), *up, Convolution(f'{name}.conv1', 1, 1, bias=False)]
    main += [norm(f'{name}.norm2'), active(), Convolution(f'{name}.conv2', 1, 1, bias=True), *down]
    return Residual(main, [] if same else [*up, *down, Convolution(f'{name}.shortcut', 1, 0, bias=True)])


def critic():
    """8x8 grey images to a number each."""
    leaky = lambda: LeakyRelu(0.2)
    return [
        Convolution('0', 1, 1, bias=True),
        pre_activation('1', 'down', ImageNorm, leaky),
        pre_activation('2', 'none', ImageNorm, leaky, same=True),
        Reshape(3 * 4 * 4),
        Linear('3'),
    ]


def smooth_critic():
    """The same kinds of layers with activations that have a curvature, transposed convolutions, and norms of other kinds."""
    return [
        Convolution('0', 2, 1, bias=True),
        elu(),
        TransposedConvolution('1', 2, 1, 1),
        ImageNorm(),
        tanh(),
        TransposedConvolution('2', 1, 2),
        sigmoid(),
        MeanPool(),
        Reshape(2 * 4 * 4),
        Linear('3'),
        ImageNorm('4'),
        tanh(),
        Linear('5'),
    ]


def generator():
    """Codes of 5 values to 8x8 images."""
    return [
        Linear('0'),
        Reshape(6, 2, 2),
        pre_activation('1', 'up', BatchNorm, Relu),
        pre_activation('2', 'up', BatchNorm, Relu),
        BatchNorm('3'),
        Relu(),
        Convolution('4', 1, 1, bias=True),
        tanh(),
    ]


def mixed():
    """8x8 maps of two channels through what the others do not have."""
    return [
        Convolution('0', 2, 1, bias=True),
        ImageNorm(),
        elu(),
        TransposedConvolution('1', 2, 1, 1),
        MaxPool(3, 2, 1),
        BatchNorm('2'),
        LeakyRelu(0.01),
        TransposedConvolution('3', 1, 3),
        bilinear(),
        sigmoid(),
    ]


NETWORKS = {
    'resnet18': lambda: resnet18(7),
    'resnet18-small': lambda: resnet18(3),
    'encoder-decoder': encoder_decoder,
    'critic': critic,
    'smooth-critic': smooth_critic,
    'generator': generator,
    'mixed': mixed,
}


def margin(layers):
    return min((layer.margin for layer in every(layers) if isinstance(layer, Relu)), default=np.inf)


def running(layers):
    """Running statistics after a pass in training mode, by name."""
    buffers = {}
    for layer in every(layers):
        if isinstance(layer, BatchNorm):
            buffers |= layer.running
    return buffers


def step(layers, p, inputs):
    """Output, loss, gradients by name (`x` is the input's), running statistics afterwards."""
    y = reference.forward(layers, p, inputs['x'], training=True)
    difference = y - inputs['target']
    gradients = {}
    gradients['x'] = backward(layers, p, 2 * difference / difference.size, gradients)
    return y, (difference**2).mean(), gradients, running(layers)


def penalty(layers, p, x):
    y = reference.forward(layers, p, x, training=True)
    slopes = backward(layers, p, np.ones_like(y), {})
    norms = np.sqrt((slopes**2).sum(axis=tuple(range(1, slopes.ndim))))
    return ((norms - 1) ** 2).mean()


def penalty_gradients(layers, p, x, width=1e-6):
    """Central differences, one value after the other: the first derivatives being by hand, this is a second way to the second ones."""
    gradients = {}
    for name, values in p.items():
        gradient = np.zeros(values.size)
        for i in range(values.size):
            ends = []
            for sign in (1, -1):
                moved = values.copy()
                moved.flat[i] += sign * width
                ends.append(penalty(layers, p | {name: moved}, x))
            gradient[i] = (ends[0] - ends[1]) / (2 * width)
        gradients[name] = gradient.reshape(values.shape)
    return gradients


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('command', choices=('step', 'penalty'))
    parser.add_argument('network', choices=NETWORKS)
    for argument in ('weights', 'inputs', 'output'):
        parser.add_argument(argument)
    args = parser.parse_args()
    layers = NETWORKS[args.network]()
    p, inputs = reference.load(args.weights), reference.load(args.inputs)
    if args.command == 'step':
        y, loss, gradients, buffers = step(layers, p, inputs)
        figures = {'y': y, 'loss': np.array([loss]), 'margin': np.array([margin(layers)])}
        figures['inferred'] = reference.forward(layers, p, inputs['x'], training=False)
        reference.save(args.output, figures | reference.named_step(gradients, buffers))
    else:
        value = penalty(layers, p, inputs['x'])
        figures = {'penalty': np.array([value]), 'margin': np.array([margin(layers)])}
        reference.save(args.output, figures | reference.named_step(penalty_gradients(layers, p, inputs['x']), {}))


if __name__ == '__main__':
    main()
