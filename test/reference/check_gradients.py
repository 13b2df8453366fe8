"""Checks reference.py's hand-written derivatives against central differences in float64.

For every parameter of all networks: the slope of the loss along a direction, half random and half the gradient's own
(a random one alone sees next to nothing of two million weights), must equal the gradient's share of that direction.
Exits 1 and names the parameter where one does not.
"""

import sys

import numpy as np

import reference

STEP = 1e-7
# Rounding leaves 1e-16 / STEP. Biases before a BatchNorm have no slope at all, so that there only rounding is compared. A
# wrong derivative is off by far more.
RELATIVE = 1e-6
ABSOLUTE = 1e-8


class HeldRelu:
    """A ReLU that stays open where it was: of one that flips within the step the slope says nothing."""

    def __init__(self, relu):
        self.open = relu.open

    def forward(self, _p, x, _training):
        return x * self.open


def random_parameters(random, maps=None, outputs=1, memory=False):
    """Parameters of the right shapes, away from special values: scales are not 1, offsets not 0.

    Of ASR-Net where `maps` tells how many it reads, else of an autoencoder.
    """
    def uniform(shape, fan_in):
        return random.uniform(-1, 1, shape) / np.sqrt(fan_in)

    p = {}

    def norm(name, channels):
        p[f'{name}.weight'] = random.uniform(0.5, 1.5, channels)
        p[f'{name}.bias'] = random.uniform(-0.5, 0.5, channels)
        p[f'{name}.running_mean'] = random.uniform(-0.5, 0.5, channels)
        p[f'{name}.running_var'] = random.uniform(0.5, 1.5, channels)

    if maps is None:
        down, up = [1, 16, 32, 64, 64], [64, 64, 32, 16, outputs]
        for i in range(4):
            p[f'encoder.{3 * i}.weight'] = uniform((down[i + 1], down[i], 4, 4), down[i] * 16)
            norm(f'encoder.{3 * i + 1}', down[i + 1])
            p[f'decoder.{3 * i}.weight'] = uniform((up[i], up[i + 1], 4, 4), up[i + 1] * 16)
            if i < 3:
                norm(f'decoder.{3 * i + 1}', up[i + 1])
        for name, inputs, outputs in (
            ('linear_enc.0', 1024, 2048),
            ('linear_enc.3', 2048, 16),
            ('linear_dec.0', 16, 2048),
            ('linear_dec.3', 2048, 1024),
        ):
            p[f'{name}.weight'] = uniform((outputs, inputs), inputs)
            p[f'{name}.bias'] = uniform(outputs, inputs)
        norm('linear_enc.1', 2048)
        norm('linear_dec.1', 2048)
        if memory:
            # Wide, so that attention is not nearly the same for all slots.
            p['mem_rep.memory.weight'] = random.uniform(-3, 3, (25, 16))
    else:
        for index, inputs, outputs in ((0, maps, 128), (3, 128, 128), (6, 128, 2)):
            p[f'model.{index}.weight'] = uniform((outputs, inputs, 3, 3), inputs * 9)
            p[f'model.{index}.bias'] = uniform(outputs, inputs * 9)
        norm('model.1', 128)
        norm('model.4', 128)
    return p


def held_loss(parameters, inputs):
    """The loss as a function of the parameters, every ReLU open where it is with these."""
    layers, entry, loss_of = reference.network(parameters)
    reference.forward(layers, parameters, inputs[entry], training=True)
    held = [HeldRelu(layer) if isinstance(layer, reference.Relu) else layer for layer in layers]

    def loss(p):
        return loss_of(reference.forward(held, p, inputs[entry], training=True), inputs)[0] + reference.penalties(held)

    return loss


def check(title, parameters, inputs, random):
    _, gradients, _, _ = reference.step(parameters, inputs)
    loss = held_loss(parameters, inputs)
    trainable = {name for name in parameters if not name.endswith(reference.BUFFERS)}
    faults = [f'{title}: no gradient for {name}' for name in sorted(trainable - set(gradients))]
    worst = 0.0
    for name, gradient in gradients.items():
        noise = random.standard_normal(gradient.shape)
        direction = noise / np.linalg.norm(noise) + gradient / (np.linalg.norm(gradient) + 1e-30)
        direction /= np.linalg.norm(direction)
        losses = [loss(parameters | {name: parameters[name] + sign * STEP * direction}) for sign in (1, -1)]
        slope = (losses[0] - losses[1]) / (2 * STEP)
        share = (gradient * direction).sum()
        difference = abs(slope - share)
        if abs(share) > ABSOLUTE / RELATIVE:
            worst = max(worst, difference / abs(share))
        if gradient.shape != parameters[name].shape or difference > RELATIVE * abs(share) + ABSOLUTE:
            faults.append(f'{title}: {name}: expected slope {share:.12g}, got {slope:.12g}')
    print(f'{title}: {len(gradients)} parameters, largest relative difference {worst:.1e}')
    return faults


def main():
    random = np.random.default_rng(1)
    images = {'images': random.uniform(-1, 1, (3, 1, 64, 64))}
    faults = check('autoencoder', random_parameters(random), images, random)
    faults += check('AE-U', random_parameters(random, outputs=2), images, random)
    faults += check('MemAE', random_parameters(random, memory=True), images, random)
    for maps in (1, 2):
        inputs = {
            'maps': random.uniform(0, 1, (2, maps, 12, 12)),
            'labels': random.integers(0, 2, (2, 1, 12, 12)).astype(float),
        }
        faults += check(f'ASR-Net of {maps}', random_parameters(random, maps), inputs, random)
    print('\n'.join(faults))
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
