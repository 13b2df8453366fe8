"""IGD's networks and losses a second time: numpy in float64, every derivative by hand, names and layouts PyTorch's.

Command line (files are safetensors, float32):

    igd.py train WEIGHTS INPUTS OUTPUT   inputs: images (S,N,1,H,W) in [-1,1] and alpha (S,N,1), of S batches; centre (128) and sigma (1);
                                         rates (S) -> losses (2S), of the generator's and the critic's step of each batch in turns;
                                         gradient/NAME of both steps on the first batch from the first weights, buffer/NAME after the first
                                         generator's, margin (the least |x| that a ReLU saw in these), and of the first batch in
                                         inference mode `score` (N) and `map` (N,1,H,W). H = W is 64, 128, 224 or 256
    igd.py check WEIGHTS INPUTS          proves derivatives against finite differences, at places drawn
"""

import argparse

import numpy as np

import networks
import reference
from layers import ImageNorm, MeanPool, Residual, backward, every, nearest
from reference import BatchNorm, Convolution, Linear, Relu, Reshape
from similarity import FIVE, FOUR, MultiScale

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
RANGE = 2.1179 + 2.6400
# By the images' side: that of the decoder's first maps, whether a convolution leads to twice as much, and how many residual blocks there are.
FORMS = {64: (4, False, 3), 128: (4, False, 4), 224: (7, False, 4), 256: (4, True, 4)}


class FixedNorm(BatchNorm):
    """Batch normalisation that keeps its statistics, in training too."""

    def forward(self, p, x, _training):
        return super().forward(p, x, False)

    def backward(self, p, dy, gradients):
        gradients[f'{self.name}.bias'] = dy.sum(axis=self.axes)
        gradients[f'{self.name}.weight'] = (dy * self.normal).sum(axis=self.axes)
        return dy * self.wide(p[f'{self.name}.weight'] * self.inverse)


def decoder(side, channels):
    first, extra, blocks = FORMS[side]
    layers = [Linear('decoder.ln1'), Reshape(channels, first, first)]
    layers += [nearest(), Convolution('decoder.up1', 1, 1, bias=True)] if extra else []
    # The last block is the fourth, however many there are.
    layers += [networks.pre_activation(f'decoder.rb{n}', 'up', FixedNorm, Relu) for n in range(5 - blocks, 5)]
    return layers + [FixedNorm('decoder.bn'), Relu(), nearest(), Convolution('decoder.up2', 1, 2, bias=True)]


def critic(side, channels):
    first, extra, blocks = FORMS[side]
    layers = [Convolution('critic.conv1', 2, 2, bias=True)]
    layers += [networks.pre_activation(f'critic.rb{n}', 'down', ImageNorm, Relu) for n in range(1, blocks + 1)]
    layers += [Convolution('critic.conv2', 2, 1, bias=True)] if extra else []
    return layers + [Reshape(channels * first**2), Linear('critic.ln1')]


def measure(side):
    """Five scales under a window of 11 where images are large enough for it, else the source's form for patches of 32 px."""
    return MultiScale(11, RANGE, FIVE) if side > 160 else MultiScale(3, RANGE, FOUR)


def add(total, more):
    for name, gradient in more.items():
        total[name] = total.get(name, 0) + gradient


class Igd:
    def __init__(self, p, side):
        channels = p[f'decoder.rb{5 - FORMS[side][2]}.norm1.weight'].size
        self.side = side
        self.encoder = networks.resnet18(7)
        self.decoders = [decoder(side, channels) for _ in range(2)]
        self.critics = [critic(side, channels) for _ in range(2)]
        self.measure = measure(side)

    def encode(self, p, x, training):
        own = {name.removeprefix('encoder.'): value for name, value in p.items() if name.startswith('encoder.')}
        self.own = own
        features = reference.forward(self.encoder, own, x, training)
        self.projection = Linear('projection')
        return self.projection.forward(p, features, training)

    def unlike(self, x, y):
        """0.85 (1 - MS-SSIM) + 0.15 |x - y| / range, of each image."""
        self.similarity = self.measure.forward(x, y)
        return 0.85 * (1 - self.similarity.mean(axis=1)) + 0.15 * np.abs(x - y).mean(axis=(1, 2, 3)) / RANGE

    def generator(self, p, images, alpha, centre, sigma):
        x = normalised(images)
        z = self.encode(p, x, True)
        y = reference.forward(self.decoders[0], p, z, True)
        rec = self.unlike(x, y).mean()
        squares = ((z - centre) ** 2).sum(axis=1)
        near = np.exp(-squares / sigma)
        mixed = alpha * z + (1 - alpha) * z[::-1]
        judged = reference.forward(self.critics[0], p, reference.forward(self.decoders[1], p, mixed, True), True)
        loss = rec + (1 - near).mean() + 0.1 * (judged**2).mean()

        n, gradients, none = len(x), {}, {}
        dy = self.measure.backward(np.full(self.similarity.shape, -0.85 / self.similarity.size))
        dy = dy + 0.15 * np.sign(y - x) / RANGE / y.size
        dz = backward(self.decoders[0], p, dy, gradients)
        dz = dz + near[:, None] * 2 * (z - centre) / sigma / n
        dmixed, more = backward(self.critics[0], p, 0.2 * judged / judged.size, none), {}
        dmixed = backward(self.decoders[1], p, dmixed, more)
        add(gradients, more)
        dz = dz + alpha * dmixed + ((1 - alpha) * dmixed)[::-1]
        inner = {}
        backward(self.encoder, self.own, self.projection.backward(p, dz, gradients), inner)
        gradients |= {f'encoder.{name}': gradient for name, gradient in inner.items()}
        return loss, gradients, {f'encoder.{name}': value for name, value in networks.running(self.encoder).items()}

    def critique(self, p, images, alpha):
        x = normalised(images)
        z = self.encode(p, x, True)
        mixed = reference.forward(self.decoders[0], p, alpha * z + (1 - alpha) * z[::-1], False)
        y = reference.forward(self.decoders[1], p, z, False)
        front = reference.forward(self.critics[0], p, mixed, True) - alpha
        unmixed = reference.forward(self.critics[1], p, y + 0.2 * (x - y), True)
        loss = (front**2).mean() + (unmixed**2).mean()
        gradients, more = {}, {}
        backward(self.critics[0], p, 2 * front / front.size, gradients)
        backward(self.critics[1], p, 2 * unmixed / unmixed.size, more)
        add(gradients, more)
        return loss, gradients

    def score(self, p, images, centre, sigma):
        x = normalised(images)
        z = self.encode(p, x, False)
        y = reference.forward(self.decoders[0], p, z, False)
        distance = 1 - np.exp(-((z - centre) ** 2).sum(axis=1) / sigma)
        score = 0.5 * self.unlike(x, y) + 0.5 * distance
        lacking = 0
        for weight, similarity in zip(self.measure.weights, self.measure.maps):
            small = similarity.shape[2]
            at = np.arange(self.side) * small // self.side
            lacking = lacking + weight * (1 - np.maximum(similarity, 0)[:, :, at][:, :, :, at])
        maps = np.maximum(0.85 * lacking + 0.15 * np.abs(x - y) / RANGE, 0).mean(axis=1, keepdims=True)
        return score, maps

    def margin(self):
        layers = [*self.encoder, *self.decoders[0], *self.decoders[1], *self.critics[0], *self.critics[1]]
        return min(layer.margin for layer in every(layers) if isinstance(layer, Relu) and hasattr(layer, 'margin'))


def normalised(images):
    return ((images + 1) / 2 - MEAN[:, None, None]) / DEVIATION[:, None, None]


def train(p, inputs):
    images, alpha, centre, sigma = (inputs[name] for name in ('images', 'alpha', 'centre', 'sigma'))
    side = images.shape[-1]
    model = Igd(p, side)
    score, maps = model.score(p, images[0], centre, sigma)
    fresh = Igd(p, side)
    _, gradients, buffers = fresh.generator(p, images[0], alpha[0], centre, sigma)
    margins = [fresh.margin()]
    fresh = Igd(p, side)
    _, more = fresh.critique(p, images[0], alpha[0])
    margins.append(fresh.margin())
    tensors = reference.named_step(gradients | more, buffers) | {'score': score, 'map': maps, 'margin': np.array([min(margins)])}
    generator = reference.Adam(1.0, weight_decay=1e-6, beta1=0.0, beta2=0.9)
    judge = reference.Adam(1.0, beta1=0.0, beta2=0.9)
    losses = []
    for index, rate in enumerate(inputs['rates']):
        loss, gradients, buffers = model.generator(p, images[index], alpha[index], centre, sigma)
        p = p | buffers
        generator.rate = judge.rate = rate
        generator.update(p, gradients)
        losses.append(loss)
        loss, gradients = model.critique(p, images[index], alpha[index])
        judge.update(p, gradients)
        losses.append(loss)
    return tensors | {'losses': np.array(losses)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    command = commands.add_parser('train')
    for argument in ('weights', 'inputs', 'output'):
        command.add_argument(argument)
    command = commands.add_parser('check')
    command.add_argument('weights')
    command.add_argument('inputs')
    args = parser.parse_args()
    p, inputs = reference.load(args.weights), reference.load(args.inputs)
    if args.command == 'train':
        reference.save(args.output, train(p, inputs))
        return
    batch = [inputs[name][0] for name in ('images', 'alpha')]
    point, side = [inputs[name] for name in ('centre', 'sigma')], inputs['images'].shape[-1]
    rng, wrong = np.random.default_rng(1), []
    phases = {
        'generator': lambda q: Igd(q, side).generator(q, *batch, *point),
        'critic': lambda q: Igd(q, side).critique(q, *batch),
    }
    for phase, run in phases.items():
        gradients = run(p)[1]
        for name in rng.permutation(sorted(gradients))[:25]:
            at = tuple(rng.integers(0, n) for n in gradients[name].shape)
            ends = []
            for sign in (1, -1):
                moved = p[name].copy()
                moved[at] += sign * 1e-6
                ends.append(run(p | {name: moved})[0])
            slope = (ends[0] - ends[1]) / 2e-6
            if abs(slope - gradients[name][at]) > 1e-7 + 1e-3 * abs(slope):
                wrong.append(f'{phase} {name}{list(at)}: {gradients[name][at]}, by differences {slope}')
    print('\n'.join(wrong) or 'all gradients equal differences')
    if len(wrong) > 2:
        raise SystemExit(1)


if __name__ == '__main__':
    main()
