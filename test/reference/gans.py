"""The adversarial methods written a second time, independently, on the layers of reference.py and layers.py: numpy in float64, first
derivatives by hand, those of the gradient penalty by differences of them.

Command line (files are safetensors, float32, PyTorch's names and layouts):

    gans.py ganomaly WEIGHTS INPUTS OUTPUT   inputs: images (STEPS,N,1,S,S) -> losses/generator and losses/discriminator of each step,
                                             gradient/NAME and buffer/NAME of the first, margin (the least |x| that a ReLU saw),
                                             parameter/NAME after the last; latentError and residual (N,1,S,S) of the last step's
                                             images, each for itself, by the first weights
    gans.py critic   WEIGHTS INPUTS OUTPUT   inputs: images, codes, mix (N,1,1,1), direction/NAME of each critic's parameter
                                             -> loss, distance, penalty, norm, slope/NAME: the loss's derivative along the direction
    gans.py generator WEIGHTS INPUTS OUTPUT  inputs: codes -> image, loss, gradient/NAME, buffer/NAME, margin
    gans.py wgan     WEIGHTS INPUTS OUTPUT   inputs: images and mix (C,N,...) and codes (C,N,128) of C steps of the critic, generator_codes
                                             (G,N,128), learning_rate; five steps of the critic and one of the generator in turns
                                             -> losses (C+G) in that order, spreads (G), the deviations between the generator's images, and
                                             gradient/NAME of the critic's first step
    gans.py izif     WEIGHTS INPUTS OUTPUT   inputs: images (S,N,...), learning_rate -> losses (S) of the encoder, whose GAN stays
    gans.py encoder  WEIGHTS INPUTS OUTPUT   inputs: images -> loss, gradient/NAME, buffer/NAME, margin; izif (N) and residual
                                             (N,1,S,S) in inference mode
"""

import argparse

import numpy as np

import reference
from layers import ImageNorm, backward, hold, tanh
from networks import margin, pre_activation, running
from optimisers import RmsProp
from reference import BatchNorm, Convolution, Linear, Relu, Reshape, TransposedConvolution

# GANomaly, as MedIAnomaly has it.


class Rows(BatchNorm):
    """Batch normalisation of each image for itself: that of batches of one."""

    def forward(self, p, x, training):
        axes = tuple(range(2, x.ndim))
        centred = x - x.mean(axis=axes, keepdims=True)
        wide = lambda v: v.reshape(1, -1, 1, 1)
        normal = centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + reference.EPSILON)
        return normal * wide(p[f'{self.name}.weight']) + wide(p[f'{self.name}.bias'])


def halvings(prefix, norm):
    for block in (1, 2, 3, 4):
        yield Convolution(f'{prefix}.en_block{block}.model.0', 2, 1, bias=False)
        yield norm(f'{prefix}.en_block{block}.model.1')
        yield Relu()
    yield Reshape(-1)


def encoder(prefix, norm=BatchNorm):
    return [*halvings(prefix, norm), Linear(f'{prefix}.linear_enc.0'), Relu(), Linear(f'{prefix}.linear_enc.2')]


def decoder(prefix, side, norm=BatchNorm):
    layers = [Linear(f'{prefix}.linear_dec.0'), Relu(), Linear(f'{prefix}.linear_dec.2'), Reshape(64, side, side)]
    for block in (1, 2, 3):
        layers += [TransposedConvolution(f'{prefix}.de_block{block}.model.0', 2, 1), norm(f'{prefix}.de_block{block}.model.1'), Relu()]
    return [*layers, TransposedConvolution(f'{prefix}.de_block4.model.0', 2, 1)]


def features():
    return [*halvings('netd', BatchNorm), Linear('netd.features.0'), Relu()]


def softplus(x):
    return np.logaddexp(0, x)


def ganomaly_step(p, x):
    """Both losses from one pass, as both are of before either update."""
    first, back, second = encoder('netg.encoder1'), decoder('netg.decoder', x.shape[2] // 16), encoder('netg.encoder2')
    z = reference.forward(first, p, x, True)
    made = reference.forward(back, p, z, True)
    again = reference.forward(second, p, made, True)
    real, fake, head = features(), features(), [Linear('netd.classifier.0')]
    f_real = reference.forward(real, p, x, True)
    p_after = p | running(real)
    f_fake = reference.forward(fake, p_after, made, True)
    loss_g = ((f_real - f_fake) ** 2).mean() + 50 * ((x - made) ** 2).mean() + ((z - again) ** 2).mean()

    gradients = {}
    d_made = backward(fake, p, 2 * (f_fake - f_real) / f_real.size, {}) + 100 * (made - x) / x.size
    d_drift = 2 * (again - z) / z.size
    d_made = d_made + backward(second, p, d_drift, gradients)
    backward(first, p, backward(back, p, d_made, gradients) - d_drift, gradients)

    losses, sums = [], {}
    for layers, seen, sign in ((real, f_real, -1), (fake, f_fake, 1)):
        logits = reference.forward(head, p, seen, True)
        losses.append(softplus(sign * logits).mean() / 2)
        slope = sign / (1 + np.exp(-sign * logits)) / (2 * logits.size)
        own = {}
        backward(layers, p, backward(head, p, slope, own), own)
        for name, value in own.items():
            sums[name] = sums.get(name, 0) + value
    buffers = running(first) | running(back) | running(second) | running(real) | running(fake)
    least = min(margin(layers) for layers in (first, back, second, real, fake))
    return loss_g, sum(losses), gradients | sums, buffers, least


def ganomaly(p, inputs):
    start = dict(p)
    optimiser = reference.Adam(float(inputs['learning_rate'][0]), beta1=0.9)
    losses, least, first = [], np.inf, None
    for x in inputs['images']:
        loss_g, loss_d, gradients, buffers, own = ganomaly_step(p, x)
        losses.append((loss_g, loss_d))
        least = min(least, own)
        first = first or (gradients, buffers)
        p = p | buffers
        optimiser.update(p, gradients)
    x = inputs['images'][-1]
    z = reference.forward(encoder('netg.encoder1', Rows), start, x, False)
    made = reference.forward(decoder('netg.decoder', x.shape[2] // 16, Rows), start, z, False)
    again = reference.forward(encoder('netg.encoder2', Rows), start, made, False)
    losses = np.array(losses)
    return (
        {
            'losses/generator': losses[:, 0],
            'losses/discriminator': losses[:, 1],
            'margin': np.array([least]),
            'latentError': ((z - again) ** 2).mean(axis=1),
            'residual': np.abs(x - made),
        }
        | {f'parameter/{name}': value for name, value in p.items()}
        | reference.named_step(*first)
    )


# f-AnoGAN.


def wgan_generator():
    blocks = [pre_activation(f'generator.block{number}', 'up', BatchNorm, Relu) for number in (1, 2, 3, 4)]
    return [*blocks, BatchNorm('generator.norm'), Relu(), Convolution('generator.output', 1, 1, bias=True), tanh()]


def generate(p, codes, training):
    """Codes to images; the layers for going back."""
    channels = p['generator.input.weight'].shape[0] // 16
    layers = [Linear('generator.input'), Reshape(channels, 4, 4), *wgan_generator()]
    return reference.forward(layers, p, codes, training), layers


def judging(name, norm):
    blocks = [pre_activation(f'{name}.block{number}', 'down', norm, Relu) for number in (1, 2, 3, 4)]
    return [Convolution(f'{name}.input', 1, 1, bias=True), *blocks, Reshape(-1)]


def critic_loss(p, inputs):
    real = inputs['images']
    fake, _ = generate(p, inputs['codes'], True)
    between = real + inputs['mix'] * (fake - real)
    layers = [*judging('critic', ImageNorm), Linear('critic.output')]
    value = lambda x: reference.forward(layers, p, x, True)
    distance = value(real).mean() - value(fake).mean()
    y = value(between)
    slopes = backward(layers, p, np.ones_like(y), {})
    norms = np.sqrt((slopes**2).sum(axis=(1, 2, 3)))
    penalty = ((norms - 1) ** 2).mean()
    return 10 * penalty - distance, distance, penalty, norms.mean(), margin(layers)


def critic(p, inputs, width=1e-8):
    # So near that no ReLU opens or closes on the way, where the slopes, and with them the penalty, jump.
    loss, distance, penalty, norm, least = critic_loss(p, inputs)
    figures = {'loss': loss, 'distance': distance, 'penalty': penalty, 'norm': norm, 'margin': least}
    for name, direction in inputs.items():
        if not name.startswith('direction/'):
            continue
        name = name.removeprefix('direction/')
        ends = [critic_loss(p | {name: p[name] + sign * width * direction}, inputs)[0] for sign in (1, -1)]
        figures[f'slope/{name}'] = (ends[0] - ends[1]) / (2 * width)
    return {name: np.array([value]) for name, value in figures.items()}


def critic_step(p, inputs):
    """-> loss, gradients by name. The penalty's derivative in the weights is that of sum(slopes v), v being its derivative in the slopes:
    how the first derivatives change as the image moves along v."""
    real = inputs['images']
    fake, _ = generate(p, inputs['codes'], True)
    between = real + inputs['mix'] * (fake - real)
    layers = [*judging('critic', ImageNorm), Linear('critic.output')]
    n, gradients = len(real), {}

    def add(image, weights, share=1):
        y, own = reference.forward(layers, p, image, True), {}
        backward(layers, p, weights * np.ones_like(y), own)
        for name, gradient in own.items():
            gradients[name] = gradients.get(name, 0) + share * gradient
        return y

    distance = add(real, -1 / n).mean() - add(fake, 1 / n).mean()
    y = reference.forward(layers, p, between, True)
    slopes = backward(layers, p, np.ones_like(y), {})
    norms = np.sqrt((slopes**2).sum(axis=(1, 2, 3), keepdims=True))
    along = 10 * 2 * (norms - 1) * slopes / norms / n
    hold(layers)
    width = 1e-5 / np.abs(along).max()
    for sign in (1, -1):
        add(between + sign * width * along, 1, sign / (2 * width))
    return 10 * ((norms - 1) ** 2).mean() - distance, gradients


def generator_step(p, codes):
    """-> loss, gradients, running statistics; the images, and the ReLUs' least margin"""
    made, layers = generate(p, codes, True)
    judge = [*judging('critic', ImageNorm), Linear('critic.output')]
    y = reference.forward(judge, p, made, True)
    gradients = {}
    backward(layers, p, backward(judge, p, -np.ones_like(y) / y.size, {}), gradients)
    return -y.mean(), gradients, running(layers), made, min(margin(layers), margin(judge))


def generator(p, inputs):
    loss, gradients, buffers, made, least = generator_step(p, inputs['codes'])
    figures = {'image': made, 'loss': np.array([loss]), 'margin': np.array([least])}
    return figures | reference.named_step(gradients, buffers)


def wgan(p, inputs):
    rate = float(inputs['learning_rate'][0])
    judging_adam, making_adam = (reference.Adam(rate, beta1=0.0, beta2=0.9) for _ in range(2))
    losses, spreads, first, codes = [], [], {}, iter(inputs['generator_codes'])
    for at in range(len(inputs['images'])):
        loss, gradients = critic_step(p, {name: inputs[name][at] for name in ('images', 'codes', 'mix')})
        losses.append(loss)
        first = gradients if at == 0 else first
        judging_adam.update(p, gradients)
        if at % 5 == 4:
            loss, gradients, buffers, made, _ = generator_step(p, next(codes))
            losses.append(loss)
            spreads.append(made.std(axis=0).mean())
            p = p | buffers
            making_adam.update(p, gradients)
    return {'losses': np.array(losses), 'spreads': np.array(spreads)} | reference.named_step(first, {})


def mapping(training):
    return [*judging('encoder', BatchNorm), Linear('encoder.output'), tanh()]


def izi(p, x, training):
    encoding = mapping(training)
    made, layers = generate(p, reference.forward(encoding, p, x, training), False)
    judges = [judging('critic', ImageNorm), judging('critic', ImageNorm)]
    f_real, f_made = (reference.forward(judge, p, image, True) for judge, image in zip(judges, (x, made)))
    return encoding, made, layers, judges, f_real, f_made


def encoder_step(p, x):
    """-> loss, gradients, running statistics, and the ReLUs' least margin"""
    encoding, made, layers, judges, f_real, f_made = izi(p, x, True)
    loss = ((x - made) ** 2).mean() + ((f_made - f_real) ** 2).mean()
    d_made = 2 * (made - x) / x.size + backward(judges[1], p, 2 * (f_made - f_real) / f_made.size, {})
    gradients = {}
    backward(encoding, p, frozen_backward(layers, p, d_made), gradients)
    return loss, gradients, running(encoding), min(margin(part) for part in (encoding, layers, *judges))


def izi_encoder(p, inputs):
    x = inputs['images']
    loss, gradients, buffers, least = encoder_step(p, x)
    _, made, _, _, f_real, f_made = izi(p, x, False)
    izif = ((x - made) ** 2).mean(axis=(1, 2, 3)) + ((f_made - f_real) ** 2).mean(axis=1)
    figures = {'loss': np.array([loss]), 'margin': np.array([least]), 'izif': izif, 'residual': np.abs(x - made)}
    return figures | reference.named_step(gradients, buffers)


def izif(p, inputs):
    rate, optimiser, losses = float(inputs['learning_rate'][0]), RmsProp(0.9, 1e-10), []
    for x in inputs['images']:
        loss, gradients, buffers, _ = encoder_step(p, x)
        losses.append(loss)
        p = p | buffers
        optimiser.update(p, gradients, rate)
    return {'losses': np.array(losses)}


class Fixed:
    """Batch normalisation in inference mode, for going back: a scale a channel."""

    def __init__(self, norm):
        self.norm = norm

    def backward(self, p, dy, _gradients):
        wide = lambda v: v.reshape((1, -1) + (1,) * (dy.ndim - 2))
        return dy * wide(p[f'{self.norm.name}.weight'] * self.norm.inverse)


def frozen_backward(layers, p, dy):
    """Back through layers that went forward in inference mode."""
    for layer in reversed(layers):
        if isinstance(layer, BatchNorm):
            dy = Fixed(layer).backward(p, dy, {})
        elif hasattr(layer, 'parts'):
            dy = frozen_backward(layer.after, p, dy)
            dy = frozen_backward(layer.main, p, dy) + frozen_backward(layer.shortcut, p, dy)
        else:
            dy = layer.backward(p, dy, {})
    return dy


COMMANDS = {
    'ganomaly': ganomaly,
    'critic': critic,
    'generator': generator,
    'wgan': wgan,
    'encoder': izi_encoder,
    'izif': izif,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('command', choices=COMMANDS)
    for argument in ('weights', 'inputs', 'output'):
        parser.add_argument(argument)
    args = parser.parse_args()
    p, inputs = reference.load(args.weights), reference.load(args.inputs)
    reference.save(args.output, COMMANDS[args.command](p, inputs))


if __name__ == '__main__':
    main()
