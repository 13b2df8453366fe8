"""Checks the hand-written derivatives of networks.py against central differences in float64, as check_gradients.py does for
reference.py: for every parameter the slope of the loss along a direction, half random and half the gradient's own. Exits 1 and names
the parameter where one is wrong."""

import sys

import numpy as np

import networks
import reference
from layers import hold

STEP = 1e-7
RELATIVE = 1e-5
ABSOLUTE = 1e-8

# Shapes of each network's weights, with x and the output's shape.
BLOCK = lambda name, inputs, hidden, outputs: {
    f'{name}.norm1': inputs,
    f'{name}.conv1': (hidden, inputs, 3, 3, False),
    f'{name}.norm2': hidden,
    f'{name}.conv2': (outputs, hidden, 3, 3, True),
}
SHAPES = {
    'critic': (
        {'0': (2, 1, 3, 3, True)}
        | BLOCK('1', 2, 2, 3)
        | {'1.shortcut': (3, 2, 1, 1, True)}
        | BLOCK('2', 3, 3, 3)
        | {'3': (1, 48, True)},
        (3, 1, 8, 8),
        (3, 1),
    ),
    'smooth-critic': (
        {'0': (4, 1, 4, 4, True), '1': (4, 3, 3, 3, 3), '2': (3, 2, 5, 5, 2), '3': (5, 32, True), '4': 5, '5': (1, 5, True)},
        (3, 1, 8, 8),
        (3, 1),
    ),
    'generator': (
        {'0': (24, 5, True)}
        | BLOCK('1', 6, 5, 5)
        | {'1.shortcut': (5, 6, 1, 1, True)}
        | BLOCK('2', 5, 3, 3)
        | {'2.shortcut': (3, 5, 1, 1, True), '3': 3, '4': (1, 3, 3, 3, True)},
        (4, 5),
        (4, 1, 8, 8),
    ),
    'mixed': (
        {'0': (4, 2, 4, 4, True), '1': (4, 3, 3, 3, 3), '2': 3, '3': (3, 2, 7, 7, 2)},
        (3, 2, 8, 8),
        (3, 2, 8, 8),
    ),
}


def resnet_shapes(inputs, stem, side):
    shapes = {'conv1': (64, inputs, stem, stem, False), 'bn1': 64}
    before = 64
    for number, channels in enumerate((64, 128, 256, 512), 1):
        for block in (0, 1):
            name = f'layer{number}.{block}'
            shapes |= {f'{name}.conv1': (channels, before, 3, 3, False), f'{name}.bn1': channels}
            shapes |= {f'{name}.conv2': (channels, channels, 3, 3, False), f'{name}.bn2': channels}
            if block == 0 and number > 1:
                shapes |= {f'{name}.downsample.0': (channels, before, 1, 1, False), f'{name}.downsample.1': channels}
            before = channels
    return shapes, (3, inputs, side, side), (3, 512)


def encoder_decoder_shapes():
    shapes, entry, _ = resnet_shapes(1, 7, 64)
    shapes |= {'nin.0': (256, 512, 1, 1, False), 'nin.2': (128, 256, 1, 1, False)}
    for number, (before, channels) in enumerate(((128, 64), (64, 32), (32, 16)), 1):
        name = f'uplayer{number}.0'
        shapes |= {f'{name}.conv1': (before, channels, 3, 3, False), f'{name}.bn1': channels}
        shapes |= {f'{name}.conv2': (channels, channels, 3, 3, False), f'{name}.bn2': channels}
        shapes |= {f'{name}.upsample.0': (before, channels, 1, 1, False), f'{name}.upsample.1': channels}
    return shapes | {'convtranspose1': (16, 1, 7, 7, False)}, entry, entry


# Maps of 2x2 at the end: batch normalisation of three values is too curved for differences.
SHAPES['resnet18'] = resnet_shapes(1, 7, 64)
SHAPES['encoder-decoder'] = encoder_decoder_shapes()
# Layers that another network's check is about.
CHECKED_ELSEWHERE = {'encoder-decoder': SHAPES['resnet18'][0]}
SHAPES['resnet18-small'] = resnet_shapes(3, 3, 16)


def random_parameters(random, shapes):
    """Away from special values. A shape's last entry says whether there is a bias, or of how many values."""
    p = {}
    for name, shape in shapes.items():
        if isinstance(shape, int):
            p[f'{name}.weight'] = random.uniform(0.5, 1.5, shape)
            p[f'{name}.bias'] = random.uniform(-0.5, 0.5, shape)
            p[f'{name}.running_mean'] = random.uniform(-0.5, 0.5, shape)
            p[f'{name}.running_var'] = random.uniform(0.5, 1.5, shape)
            continue
        *sides, bias = shape
        bound = 1 / np.sqrt(np.prod(sides[1:]))
        p[f'{name}.weight'] = random.uniform(-bound, bound, sides)
        if bias:
            p[f'{name}.bias'] = random.uniform(-bound, bound, sides[0] if bias is True else bias)
    return p


def check(name, random):
    shapes, entry, output = SHAPES[name]
    p = random_parameters(random, shapes)
    inputs = {'x': random.uniform(-1, 1, entry), 'target': random.uniform(-1, 1, output)}
    layers = networks.NETWORKS[name]()
    _, _, gradients, _ = networks.step(layers, p, inputs)
    hold(layers)

    def loss(values):
        y = reference.forward(layers, values, values['x'], training=True)
        return ((y - inputs['target']) ** 2).mean()

    everything = p | {'x': inputs['x']}
    wanted = {one for one in everything if not one.endswith(reference.BUFFERS)}
    faults = [f'{name}: no gradient for {one}' for one in sorted(wanted - set(gradients))]
    worst = 0.0
    # Of a deep network every fifth: each derivative goes through all of the layers behind it.
    elsewhere = CHECKED_ELSEWHERE.get(name, {})
    tested = [one for one in gradients if one.rpartition('.')[0] not in elsewhere]
    tested = tested[:: 5 if len(gradients) > 50 else 1]
    for one in tested:
        gradient = gradients[one]
        noise = random.standard_normal(gradient.shape)
        direction = noise / np.linalg.norm(noise) + gradient / (np.linalg.norm(gradient) + 1e-30)
        # A single value's two halves may cancel out.
        direction = direction if np.any(direction) else np.ones_like(gradient)
        direction /= np.linalg.norm(direction)
        ends = [loss(everything | {one: everything[one] + sign * STEP * direction}) for sign in (1, -1)]
        slope, share = (ends[0] - ends[1]) / (2 * STEP), (gradient * direction).sum()
        if abs(share) > ABSOLUTE / RELATIVE:
            worst = max(worst, abs(slope - share) / abs(share))
        if gradient.shape != everything[one].shape or abs(slope - share) > RELATIVE * abs(share) + ABSOLUTE:
            faults.append(f'{name}: {one}: expected slope {share:.12g}, got {slope:.12g}')
    print(f'{name}: {len(tested)} of {len(gradients)} gradients, largest relative difference {worst:.1e}')
    return faults


def main():
    random = np.random.default_rng(1)
    faults = [fault for name in SHAPES for fault in check(name, random)]
    print('\n'.join(faults))
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
