"""PyTorch's optimisers beside Adam, which is in reference.py, and its cosine; after its documentation."""

import numpy as np


class Sgd:
    """torch.optim.SGD with momentum, without dampening: b = momentum b + g, w -= rate b, b = g at first; L2 is added to g."""

    def __init__(self, momentum, weight_decay):
        self.momentum, self.decay, self.moves = momentum, weight_decay, {}

    def update(self, parameters, gradients, rate):
        for name, gradient in gradients.items():
            g = gradient + self.decay * parameters[name]
            self.moves[name] = self.momentum * self.moves[name] + g if name in self.moves else g
            parameters[name] = parameters[name] - rate * self.moves[name]


class RmsProp:
    """torch.optim.RMSprop: s = alpha s + (1 - alpha) g^2, w -= rate g / (sqrt(s) + epsilon)."""

    def __init__(self, alpha, epsilon):
        self.alpha, self.epsilon, self.squares = alpha, epsilon, {}

    def update(self, parameters, gradients, rate):
        for name, gradient in gradients.items():
            self.squares[name] = self.alpha * self.squares.get(name, 0) + (1 - self.alpha) * gradient**2
            parameters[name] = parameters[name] - rate * gradient / (np.sqrt(self.squares[name]) + self.epsilon)


def cosine(at, first, last, period):
    """torch.optim.lr_scheduler.CosineAnnealingLR by its recursion: the rate after `at` of `period` steps of the scheduler."""
    rate = first
    for step in range(1, at + 1):
        along = (1 + np.cos(np.pi * step / period)) / (1 + np.cos(np.pi * (step - 1) / period))
        rate = (rate - last) * along + last
    return rate
