"""Dual-space uncertainty (D2UE, MICCAI 2024) written a second time: reference.py's autoencoders in numpy and float64, the way
back to the images by hand.

    dual_space.py WEIGHTS INPUTS OUTPUT   weights as MEMBER/NAME, inputs: images (N,1,S,S)
        -> map (N,1,S,S); margin, the least |x| of a ReLU and the least |image - x|, in a network and before the absolute value
        of the error; mismatch, how far the slopes by hand are from central differences of the loss, as a share; network, the
        mean over members and pixels of what the network adds to the slope, as a share of the error's own
"""

import sys

import numpy as np

import reference
from reference import BatchNorm, Memory, Relu, forward

STEP = 1e-7


def slopes(layers, p, dy):
    """Of a network in inference mode: running statistics do not depend on its input."""
    for layer in reversed(layers):
        if isinstance(layer, BatchNorm):
            dy = dy * layer.wide(p[f'{layer.name}.weight'] * layer.inverse)
        else:
            dy = layer.backward(p, dy, {})
    return dy


def losses(y, x):
    """An image's loss (N,), and its slopes in the image that comes out, in the log variance (or None), and in x itself."""
    difference = y[:, :1] - x
    area = x[0].size
    if y.shape[1] == 1:
        own = np.sign(difference) / area
        return np.abs(difference).mean(axis=(1, 2, 3)), own, None, -own
    weight = np.exp(-y[:, 1:])
    weighted = weight * difference**2
    own = 2 * weight * difference / area
    return weighted.mean(axis=(1, 2, 3)), own, -weighted / area, -own


def member(p, x):
    layers, _, _ = reference.network(p)
    for layer in layers:
        if isinstance(layer, Memory):
            # Its part in the training loss has none in the score.
            layer.weight = 0
    y = forward(layers, p, x, training=False)
    margin = min(layer.margin for layer in layers if isinstance(layer, Relu))
    _, d_image, d_variance, d_x = losses(y, x)
    through = slopes(layers, p, d_image if d_variance is None else np.concatenate([d_image, d_variance], axis=1))
    slope = through + d_x
    # Half random and half along the slope: a random direction alone sees little of thousands of pixels.
    random = np.random.default_rng(1).normal(size=x.shape)
    unit = lambda v: v / np.sqrt((v**2).sum(axis=(1, 2, 3), keepdims=True))
    way = unit(unit(random) + unit(slope))
    at = lambda side: losses(forward(layers, p, x + side * STEP * way, training=False), x + side * STEP * way)[0]
    measured = (at(1) - at(-1)) / (2 * STEP)
    found = (slope * way).sum(axis=(1, 2, 3))
    error = np.abs(y[:, :1] - x)
    return {
        'product': error * slope,
        'variance': np.exp(y[:, 1:]),
        'margins': [margin, error.min()],
        'mismatch': np.abs(measured / found - 1).max(),
        'network': np.abs(through).mean() / np.abs(d_x).mean(),
    }


def main():
    weights, inputs, output = sys.argv[1:]
    by_member = {}
    for name, value in reference.load(weights).items():
        number, own = name.split('/', 1)
        by_member.setdefault(number, {})[own] = value
    x = reference.load(inputs)['images']
    found = [member(p, x) for _, p in sorted(by_member.items())]
    products = np.stack([one['product'] for one in found])
    if found[0]['variance'].size:
        products = products / np.sqrt(np.mean([one['variance'] for one in found], axis=0))
    figures = {'map': products.std(axis=0, ddof=1), 'margin': np.min([one['margins'] for one in found], axis=0)}
    figures['mismatch'] = np.array([max(one['mismatch'] for one in found)])
    figures['network'] = np.array([np.mean([one['network'] for one in found])])
    reference.save(output, figures)


if __name__ == '__main__':
    main()
