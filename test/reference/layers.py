"""Further layers than reference.py's, written the same way: numpy in float64, every derivative by hand, PyTorch's layouts."""

import numpy as np

import reference

EPSILON = reference.EPSILON


def every(layers):
    """All layers, those within residual blocks too."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from every(layer.parts())
        else:
            yield layer


def backward(layers, p, dy, gradients):
    for layer in reversed(layers):
        dy = layer.backward(p, dy, gradients)
    return dy


class Residual:
    """after(main(x) + shortcut(x)); lists of layers, of which the last two may be empty."""

    def __init__(self, main, shortcut=(), after=()):
        self.main, self.shortcut, self.after = list(main), list(shortcut), list(after)

    def parts(self):
        return [*self.main, *self.shortcut, *self.after]

    def forward(self, p, x, training):
        total = reference.forward(self.main, p, x, training) + reference.forward(self.shortcut, p, x, training)
        return reference.forward(self.after, p, total, training)

    def backward(self, p, dy, gradients):
        dy = backward(self.after, p, dy, gradients)
        return backward(self.main, p, dy, gradients) + backward(self.shortcut, p, dy, gradients)


class TransposedConvolution:
    """The adjoint of a convolution, with rows more at the end where `output_padding` says so."""

    def __init__(self, name, stride, padding, output_padding=0, bias=True):
        self.name, self.stride, self.padding, self.more, self.bias = name, stride, padding, output_padding, bias

    def forward(self, p, x, _training):
        w = p[f'{self.name}.weight']
        self.x = x
        size = [(n - 1) * self.stride - 2 * self.padding + w.shape[2] + self.more for n in x.shape[2:]]
        columns = np.tensordot(x, w, axes=([1], [0]))
        n, rows, cols, channels, kernel, _ = columns.shape
        full = np.zeros((n, channels, size[0] + 2 * self.padding, size[1] + 2 * self.padding))
        for a in range(kernel):
            for b in range(kernel):
                full[:, :, a : a + self.stride * rows : self.stride, b : b + self.stride * cols : self.stride] += columns[
                    ..., a, b
                ].transpose(0, 3, 1, 2)
        y = full[:, :, self.padding : self.padding + size[0], self.padding : self.padding + size[1]]
        return y + p[f'{self.name}.bias'][None, :, None, None] if self.bias else y

    def backward(self, p, dy, gradients):
        w = p[f'{self.name}.weight']
        patches = reference.windows(dy, w.shape[2], self.stride, self.padding)
        # Of output padding's rows no window may be left over.
        patches = patches[:, :, : self.x.shape[2], : self.x.shape[3]]
        gradients[f'{self.name}.weight'] = np.tensordot(self.x, patches, axes=([0, 2, 3], [0, 2, 3]))
        if self.bias:
            gradients[f'{self.name}.bias'] = dy.sum(axis=(0, 2, 3))
        return np.tensordot(patches, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)


class ImageNorm:
    """Each image normalised for itself: over all of its values, then a scale and an offset a channel (nn.GroupNorm(1, C)), or each
    channel for itself without them (nn.InstanceNorm2d)."""

    def __init__(self, name=None):
        self.name = name

    def forward(self, p, x, _training):
        self.axes = tuple(range(1 if self.name else 2, x.ndim))
        self.wide = lambda v: v.reshape((1, -1) + (1,) * (x.ndim - 2))
        centred = x - x.mean(axis=self.axes, keepdims=True)
        self.inverse = 1 / np.sqrt((centred**2).mean(axis=self.axes, keepdims=True) + EPSILON)
        self.normal = centred * self.inverse
        if self.name is None:
            return self.normal
        return self.normal * self.wide(p[f'{self.name}.weight']) + self.wide(p[f'{self.name}.bias'])

    def backward(self, p, dy, gradients):
        if self.name is not None:
            others = (0,) + tuple(range(2, dy.ndim))
            gradients[f'{self.name}.bias'] = dy.sum(axis=others)
            gradients[f'{self.name}.weight'] = (dy * self.normal).sum(axis=others)
            dy = dy * self.wide(p[f'{self.name}.weight'])
        mean = dy.mean(axis=self.axes, keepdims=True)
        along = (dy * self.normal).mean(axis=self.axes, keepdims=True)
        return self.inverse * (dy - mean - self.normal * along)


class LeakyRelu(reference.Relu):
    def __init__(self, slope):
        self.slope = slope

    def forward(self, p, x, training):
        super().forward(p, x, training)
        return x * np.where(self.open, 1, self.slope)

    def backward(self, _p, dy, _gradients):
        return dy * np.where(self.open, 1, self.slope)


class Smooth:
    """An activation by its value and its derivative."""

    def __init__(self, value, slope):
        self.value, self.slope = value, slope

    def forward(self, _p, x, _training):
        self.x = x
        return self.value(x)

    def backward(self, _p, dy, _gradients):
        return dy * self.slope(self.x)


def sigmoid():
    value = lambda x: 1 / (1 + np.exp(-x))
    return Smooth(value, lambda x: value(x) * (1 - value(x)))


def tanh():
    return Smooth(np.tanh, lambda x: 1 - np.tanh(x) ** 2)


def elu():
    return Smooth(lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1), lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))))


class MaxPool:
    """The greatest of each window; where two are equal, the first in it."""

    def __init__(self, kernel, stride, padding):
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def forward(self, _p, x, _training):
        self.size = x.shape[2:]
        lowest = x.min() - 1
        windows = reference.windows(x - lowest, self.kernel, self.stride, self.padding)
        flat = windows.reshape(*windows.shape[:4], -1)
        self.best = flat.argmax(axis=-1)
        return np.take_along_axis(flat, self.best[..., None], axis=-1)[..., 0] + lowest

    def backward(self, _p, dy, _gradients):
        columns = np.zeros((*dy.shape, self.kernel**2))
        np.put_along_axis(columns, self.best[..., None], dy[..., None], axis=-1)
        columns = columns.reshape(*dy.shape, self.kernel, self.kernel).transpose(0, 2, 3, 1, 4, 5)
        return reference.scatter(columns, self.size, self.stride, self.padding)


class MeanPool:
    """Means of 2x2 pixels."""

    def forward(self, _p, x, _training):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5))

    def backward(self, _p, dy, _gradients):
        return dy.repeat(2, axis=2).repeat(2, axis=3) / 4


class GlobalMean:
    def forward(self, _p, x, _training):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, _p, dy, _gradients):
        return np.broadcast_to(dy[:, :, None, None], self.shape) / (self.shape[2] * self.shape[3])


class Stretch:
    """Doubles both sides by a matrix on each: y = A x B^T."""

    def __init__(self, matrix):
        self.matrix = matrix

    def forward(self, _p, x, _training):
        self.rows, self.columns = self.matrix(x.shape[2]), self.matrix(x.shape[3])
        return self.rows @ x @ self.columns.T

    def backward(self, _p, dy, _gradients):
        return self.rows.T @ dy @ self.columns


def nearest():
    return Stretch(lambda side: np.eye(side).repeat(2, axis=0))


def bilinear():
    """Corners stay corners: output pixel i lies at i (side - 1) / (2 side - 1)."""

    def matrix(side):
        at = np.arange(2 * side) * (side - 1) / (2 * side - 1)
        return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(side)[None]))

    return Stretch(matrix)


def hold(layers):
    """Keeps every ReLU open, and every window's greatest pixel, where they are: of one that flips a difference says nothing."""
    for layer in every(layers):
        if isinstance(layer, reference.Relu):
            slope = layer.slope if isinstance(layer, LeakyRelu) else 0
            layer.forward = lambda _p, x, _t, gate=np.where(layer.open, 1, slope): x * gate
        elif isinstance(layer, MaxPool):
            layer.forward = held_pool(layer, layer.best)


def held_pool(layer, best):
    def forward(_p, x, _training):
        lowest = x.min() - 1
        windows = reference.windows(x - lowest, layer.kernel, layer.stride, layer.padding)
        flat = windows.reshape(*windows.shape[:4], -1)
        return np.take_along_axis(flat, best[..., None], axis=-1)[..., 0] + lowest

    return forward
