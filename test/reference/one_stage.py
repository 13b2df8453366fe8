"""The training that FPI, PII, NSA and CutPaste end to end share, a second time: numpy in float64, every derivative by hand.

    one_stage.py WEIGHTS INPUTS OUTPUT   inputs: images and labels (S,N,1,H,W) of S steps, in 0..1; learning_rate of the first epoch, epochs,
                                         over which it falls to a thousandth, and steps, of an epoch -> losses (S), and of the first step
                                         gradient/NAME, buffer/NAME and margin (the least |x| that a ReLU saw)
"""

import sys

import numpy as np

import networks
import reference
from layers import backward
from optimisers import cosine


def binary_cross_entropy(logits, labels):
    """torch.nn.BCELoss behind a sigmoid. -> its mean, and its derivative in the logits"""
    probability = 1 / (1 + np.exp(-logits))
    value = -(labels * np.log(probability) + (1 - labels) * np.log1p(-probability)).mean()
    return value, (probability - labels) / logits.size


def step(p, images, labels):
    layers = networks.encoder_decoder()
    loss, dlogits = binary_cross_entropy(reference.forward(layers, p, images, training=True), labels)
    gradients = {}
    backward(layers, p, dlogits, gradients)
    return loss, gradients, networks.running(layers), networks.margin(layers)


def train(p, inputs):
    rate, epochs, steps = (float(inputs[name][0]) for name in ('learning_rate', 'epochs', 'steps'))
    adam, losses, first = reference.Adam(rate, beta1=0.9), [], None
    for at, (images, labels) in enumerate(zip(inputs['images'], inputs['labels'])):
        loss, gradients, buffers, margin = step(p, images, labels)
        losses.append(loss)
        first = first or (gradients, buffers, margin)
        p = p | buffers
        adam.rate = cosine(int(at // steps), rate, rate / 1000, epochs)
        adam.update(p, gradients)
    gradients, buffers, margin = first
    return {'losses': np.array(losses), 'margin': np.array([margin])} | reference.named_step(gradients, buffers)


if __name__ == '__main__':
    weights, inputs, output = sys.argv[1:]
    reference.save(output, train(reference.load(weights), reference.load(inputs)))
