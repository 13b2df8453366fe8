"""DRAEM's networks and loss a second time: numpy in float64, every derivative by hand, names and layouts PyTorch's.

Command line (files are safetensors, float32):

    draem.py train WEIGHTS INPUTS OUTPUT   inputs with a leading axis of steps: images, augmented, masks, (S,N,1,H,W) each, in 0..1;
                                           rates (S) -> losses (S), square, dissimilarity and focal of the first step, its gradient/NAME
                                           and buffer/NAME, margin (the least |x| that a ReLU saw), inferred (N,1,H,W): the
                                           probability of the first augmented images in inference mode, before any step
    draem.py check                         proves the derivatives against finite differences
"""

import argparse

import numpy as np

import reference
from layers import MaxPool, backward, bilinear
from reference import BatchNorm, Convolution, Relu
from similarity import Similarity


class Beside:
    """What comes in, behind what the inner layers make of it."""

    def __init__(self, *inner):
        self.inner = list(inner)

    def parts(self):
        return self.inner

    def forward(self, p, x, training):
        y = reference.forward(self.inner, p, x, training)
        self.channels = y.shape[1]
        return np.concatenate([y, x], axis=1)

    def backward(self, p, dy, gradients):
        return backward(self.inner, p, dy[:, : self.channels], gradients) + dy[:, self.channels :]


def all_of(layers):
    for layer in layers:
        if isinstance(layer, Beside):
            yield from all_of(layer.parts())
        else:
            yield layer


def unit(name, first):
    return [Convolution(f'{name}.{first}', 1, 1, bias=True), BatchNorm(f'{name}.{first + 1}'), Relu()]


def block(name):
    return unit(name, 0) + unit(name, 3)


def up(name):
    return [bilinear(), *unit(name, 1)]


def half():
    return [MaxPool(2, 2, 0)]


def reconstructor():
    layers = block('encoder.block1')
    for number in (2, 3, 4, 5):
        layers += half() + block(f'encoder.block{number}')
    for number in (1, 2, 3, 4):
        layers += up(f'decoder.up{number}') + block(f'decoder.db{number}')
    return layers + [Convolution('decoder.fin_out.0', 1, 1, bias=True)]


def segmenter():
    below = block('encoder_segment.block6')
    for number, joint in ((5, 'b'), (4, '1'), (3, '2'), (2, '3'), (1, '4')):
        rise = f'up_{joint}' if joint == 'b' else f'up{joint}'
        join = f'db_{joint}' if joint == 'b' else f'db{joint}'
        beside = Beside(*half(), *below, *up(f'decoder_segment.{rise}'))
        below = block(f'encoder_segment.block{number}') + [beside] + block(f'decoder_segment.{join}')
    return below + [Convolution('decoder_segment.fin_out.0', 1, 1, bias=True)]


class Draem:
    def __init__(self):
        self.reconstruct, self.segment = reconstructor(), segmenter()

    def layers(self):
        return list(all_of(self.reconstruct + self.segment))

    def forward(self, p, augmented, training):
        self.three = np.repeat(augmented, 3, axis=1)
        self.reconstruction = reference.forward(self.reconstruct, p, self.three, training)
        joined = np.concatenate([self.reconstruction, self.three], axis=1)
        return reference.forward(self.segment, p, joined, training)

    def step(self, p, images, augmented, masks):
        logits = self.forward(p, augmented, True)
        x, y = np.repeat(images, 3, axis=1), self.reconstruction
        square = ((y - x) ** 2).mean()
        measure = Similarity(11, 1, 5)
        similarity, _ = measure.forward(x, y)
        focal, dlogits = reference.focal(logits, {'labels': masks})
        gradients = {}
        djoined = backward(self.segment, p, dlogits, gradients)
        dy = djoined[:, :3] + 2 * (y - x) / y.size
        dy = dy + measure.backward(np.full(similarity.shape, -1 / similarity.size), np.zeros(similarity.shape))
        backward(self.reconstruct, p, dy, gradients)
        buffers = {}
        for layer in self.layers():
            if isinstance(layer, BatchNorm):
                buffers |= layer.running
        return (square, 1 - similarity.mean(), focal), gradients, buffers

    def margin(self):
        return min(layer.margin for layer in self.layers() if isinstance(layer, Relu))


def train(p, inputs):
    model = Draem()
    names = ('images', 'augmented', 'masks')
    inferred = reference.softmax(model.forward(p, inputs['augmented'][0], False))[:, 1:]
    adam = reference.Adam(1.0, beta1=0.9)
    losses, first = [], None
    for index, rate in enumerate(inputs['rates']):
        parts, gradients, buffers = model.step(p, *(inputs[name][index] for name in names))
        losses.append(sum(parts))
        first = first or (parts, gradients, buffers, model.margin())
        p = p | buffers
        adam.rate = rate
        adam.update(p, gradients)
    (square, dissimilarity, focal), gradients, buffers, margin = first
    figures = {'square': square, 'dissimilarity': dissimilarity, 'focal': focal, 'margin': margin}
    tensors = {name: np.array([value]) for name, value in figures.items()}
    return tensors | {'losses': np.array(losses), 'inferred': inferred} | reference.named_step(gradients, buffers)


def start(rng, width):
    """Weights by name, of the shapes that the layers' names imply, found by running them."""
    p = {}

    def conv(name, o, i):
        p[f'{name}.weight'] = rng.normal(0, 0.3, (o, i, 3, 3))
        p[f'{name}.bias'] = rng.normal(0, 0.1, o)

    def norm(name, c):
        p[f'{name}.weight'], p[f'{name}.bias'] = rng.uniform(0.5, 1.5, c), rng.normal(0, 0.3, c)
        p[f'{name}.running_mean'], p[f'{name}.running_var'] = np.zeros(c), np.ones(c)

    model = Draem()
    for layers, channels, base in ((model.reconstruct, 3, width), (model.segment, 6, max(1, width // 2))):
        fill(layers, channels, base, conv, norm)
    return p


def outputs_of(name, base, channels):
    parts = name.split('.')
    if 'fin_out' in name:
        return 3 if parts[0] == 'decoder' else 2
    factors = {'block1': 1, 'block2': 2, 'block3': 4, 'block4': 8, 'block5': 8, 'block6': 8}
    factors |= {'up_b': 8, 'db_b': 8}
    if parts[0] == 'decoder':
        factors |= {'up1': 8, 'up2': 4, 'up3': 2, 'up4': 1, 'db1': 8, 'db2': 4, 'db3': 2, 'db4': 1}
        if parts[1].startswith('db') and parts[2] == '3':
            return {'db1': 4, 'db2': 2, 'db3': 1, 'db4': 1}[parts[1]] * base
    else:
        factors |= {'up1': 4, 'up2': 2, 'up3': 1, 'up4': 1, 'db1': 4, 'db2': 2, 'db3': 1, 'db4': 1}
    return factors[parts[1]] * base


def fill(layers, channels, base, conv, norm):
    for layer in layers:
        if isinstance(layer, Beside):
            channels = fill(layer.parts(), channels, base, conv, norm) + channels
        elif isinstance(layer, Convolution):
            outputs = outputs_of(layer.name, base, channels)
            conv(layer.name, outputs, channels)
            channels = outputs
        elif isinstance(layer, BatchNorm):
            norm(layer.name, channels)
    return channels


def check():
    rng = np.random.default_rng(1)
    p = start(rng, 2)
    images = rng.uniform(0, 1, (3, 1, 32, 32))
    augmented, masks = rng.uniform(0, 1, images.shape), (rng.uniform(0, 1, images.shape) > 0.8) * 1.0
    model = Draem()
    _, gradients, _ = model.step(p, images, augmented, masks)
    wrong = []
    for name in sorted(gradients):
        at = tuple(rng.integers(0, n) for n in gradients[name].shape)
        slopes = []
        for width in (1e-5, 1e-6):
            ends = []
            for sign in (1, -1):
                moved = p[name].copy()
                moved[at] += sign * width
                ends.append(sum(Draem().step(p | {name: moved}, images, augmented, masks)[0]))
            slopes.append((ends[0] - ends[1]) / (2 * width))
        off = min(abs(gradients[name][at] - slope) for slope in slopes)
        # A ReLU or a maximum that changes between the two ends makes few of a hundred poor differences.
        if off > 1e-7 + 1e-3 * abs(gradients[name][at]):
            wrong.append(f'{name}{list(at)}: {gradients[name][at]:.4e}, by differences {slopes}')
    print('\n'.join(wrong))
    if len(wrong) > len(gradients) / 20:
        raise SystemExit(f'{len(wrong)} of {len(gradients)} gradients differ from finite differences')
    print(f'{len(gradients)} gradients: {len(wrong)} off')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    command = commands.add_parser('train')
    for argument in ('weights', 'inputs', 'output'):
        command.add_argument(argument)
    commands.add_parser('check')
    args = parser.parse_args()
    if args.command == 'check':
        check()
    else:
        reference.save(args.output, train(reference.load(args.weights), reference.load(args.inputs)))


if __name__ == '__main__':
    main()
