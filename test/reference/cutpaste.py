"""CutPaste's three-way classifier a second time: numpy in float64, every derivative by hand, names and layouts PyTorch's.

    cutpaste.py WEIGHTS INPUTS OUTPUT   inputs: images (S,3N,1,H,W) in [-1,1] of S steps, the N of a class behind one another; learning_rate
                                        of the first step, period, the steps in which it falls to 0, and frozen, how many of the first steps
                                        train the head alone. -> losses (S), and of the first step gradient/NAME, buffer/NAME and margin (the
                                        least |x| that a ReLU saw). A first convolution of three channels is given ImageNet's normalisation
"""

import sys

import numpy as np

import networks
import reference
from layers import backward
from optimisers import Sgd, cosine
from reference import BatchNorm, Linear, Relu

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def classifier():
    head = [Linear('head.0'), BatchNorm('head.1'), Relu(), Linear('head.3'), BatchNorm('head.4'), Relu(), Linear('out')]
    return [*networks.resnet18(7), *head]


def cross_entropy(logits):
    """Of classes whose rows lie behind one another. -> its mean, and its derivative in the logits"""
    rows, classes = logits.shape
    wanted = np.eye(classes).repeat(rows // classes, axis=0)
    probability = reference.softmax(logits)
    return -(wanted * np.log(probability)).sum(axis=1).mean(), (probability - wanted) / rows


def step(p, images):
    layers = classifier()
    if p['conv1.weight'].shape[1] == 3:
        images = ((images + 1) / 2 - MEAN[:, None, None]) / DEVIATION[:, None, None]
    loss, dlogits = cross_entropy(reference.forward(layers, p, images, training=True))
    gradients = {}
    backward(layers, p, dlogits, gradients)
    return loss, gradients, networks.running(layers), networks.margin(layers)


def train(p, inputs):
    rate, period, frozen = (float(inputs[name][0]) for name in ('learning_rate', 'period', 'frozen'))
    # The head's momentum begins anew when all is trained.
    optimisers, losses, first = [Sgd(0.9, 3e-5), Sgd(0.9, 3e-5)], [], None
    for at, images in enumerate(inputs['images']):
        loss, gradients, buffers, margin = step(p, images)
        losses.append(loss)
        first = first or (gradients, buffers, margin)
        p = p | buffers
        if at < frozen:
            gradients = {name: value for name, value in gradients.items() if name.startswith(('head.', 'out.'))}
        optimisers[at < frozen].update(p, gradients, cosine(at, rate, 0, period))
    gradients, buffers, margin = first
    return {'losses': np.array(losses), 'margin': np.array([margin])} | reference.named_step(gradients, buffers)


if __name__ == '__main__':
    weights, inputs, output = sys.argv[1:]
    reference.save(output, train(reference.load(weights), reference.load(inputs)))
