"""Structural similarity a second time, with its derivative by hand: numpy in float64, PyTorch's layout (N,C,H,W).

Command line (files are safetensors, float32):

    similarity.py one  WEIGHTS INPUTS OUTPUT   weights: y (N,C,H,W); inputs: x of the same shape, ds and dc (N,C,H,W)
                                               -> of a window of 11 with zeros around, of images of range 1: similarity, contrast, and
                                               slopes, the derivative in y of sum(similarity ds + contrast dc); middle, the similarity
                                               by scipy's filter, of each image's middle (N,C,H-10,W-10)
    similarity.py four WEIGHTS INPUTS OUTPUT   inputs: x, and dm (N,C) -> of four scales under a window of 3, of range 2: multi (N,C),
                                               slopes, the derivative in y of sum(multi dm), and map/SCALE, the similarity
    similarity.py five WEIGHTS INPUTS OUTPUT   the same of five scales under a window of 11
"""

import sys

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


# Wang et al. 2003; and the first four of its scales, with a sum of 1.
FIVE = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
FOUR = [0.0516, 0.3295, 0.3463, 0.2726]


def window(size, sigma=1.5):
    at = np.arange(size) - size // 2
    weights = np.exp(-(at**2) / (2 * sigma**2))
    weights /= weights.sum()
    return np.outer(weights, weights)


class Similarity:
    """Of x and y under a Gaussian window; `pad` zeros around them."""

    def __init__(self, size, value_range, pad):
        self.window, self.pad = window(size), pad
        self.c1, self.c2 = (0.01 * value_range) ** 2, (0.03 * value_range) ** 2

    def means(self, maps):
        padded = np.pad(maps, ((0, 0), (0, 0), (self.pad, self.pad), (self.pad, self.pad)))
        return np.tensordot(sliding_window_view(padded, self.window.shape, axis=(2, 3)), self.window, axes=2)

    def spread(self, maps, size):
        """The adjoint of `means`."""
        n, c, rows, cols = maps.shape
        full = np.zeros((n, c, size[0] + 2 * self.pad, size[1] + 2 * self.pad))
        for a in range(len(self.window)):
            for b in range(len(self.window)):
                full[:, :, a : a + rows, b : b + cols] += maps * self.window[a, b]
        return full[:, :, self.pad : self.pad + size[0], self.pad : self.pad + size[1]]

    def forward(self, x, y):
        """-> similarity, and the part of it that compares contrast and structure"""
        self.x, self.y = x, y
        self.mx, self.my = self.means(x), self.means(y)
        vx, vy = self.means(x * x) - self.mx**2, self.means(y * y) - self.my**2
        covariance = self.means(x * y) - self.mx * self.my
        self.a1, self.b1 = 2 * self.mx * self.my + self.c1, self.mx**2 + self.my**2 + self.c1
        self.a2, self.b2 = 2 * covariance + self.c2, vx + vy + self.c2
        self.contrast = self.a2 / self.b2
        return self.a1 / self.b1 * self.contrast, self.contrast

    def backward(self, ds, dc):
        """Derivative in y, of what has derivatives `ds` in the similarity and `dc` in the contrast."""
        luminance = self.a1 / self.b1
        to_contrast = dc + ds * luminance
        to_product = 2 * to_contrast / self.b2
        to_square = -to_contrast * self.contrast / self.b2
        to_luminance = ds * self.contrast
        to_mean = to_luminance * (2 * self.mx - luminance * 2 * self.my) / self.b1
        to_mean = to_mean - to_product * self.mx - to_square * 2 * self.my
        size = self.y.shape[2:]
        spread = lambda maps: self.spread(maps, size)
        return spread(to_mean) + 2 * self.y * spread(to_square) + self.x * spread(to_product)


def halved(maps):
    n, c, h, w = maps.shape
    return maps.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5))


class MultiScale:
    """Contrast of all scales but the last, whose similarity it is, each to the power of its weight. -> (N,C)"""

    def __init__(self, size, value_range, weights, least=1e-12):
        self.scales = [Similarity(size, value_range, 0) for _ in weights]
        self.weights, self.least = weights, least

    def forward(self, x, y):
        self.means, self.maps = [], []
        for i, scale in enumerate(self.scales):
            x, y = (x, y) if i == 0 else (halved(x), halved(y))
            s, c = scale.forward(x, y)
            self.maps.append(s)
            self.means.append((s if i == len(self.scales) - 1 else c).mean(axis=(2, 3)))
        self.value = np.prod([np.maximum(m, self.least) ** w for m, w in zip(self.means, self.weights)], axis=0)
        return self.value

    def backward(self, dvalue):
        dy = 0
        for i in reversed(range(len(self.scales))):
            scale, last = self.scales[i], i == len(self.scales) - 1
            slope = np.where(self.means[i] > self.least, self.weights[i] * self.value / np.maximum(self.means[i], self.least), 0)
            area = scale.contrast.shape[2] * scale.contrast.shape[3]
            each = np.broadcast_to((dvalue * slope / area)[:, :, None, None], scale.contrast.shape)
            if not last:
                dy = dy.repeat(2, axis=2).repeat(2, axis=3) / 4
            dy = dy + (scale.backward(each, 0 * each) if last else scale.backward(0 * each, each))
        return dy


def filtered(x, y):
    """The similarity under scipy's Gaussian filter of the same extent, without what its reflections at the border have part in."""
    from scipy.ndimage import gaussian_filter

    mean = lambda maps: gaussian_filter(maps, 1.5, truncate=3.5, axes=(2, 3))
    mx, my = mean(x), mean(y)
    vx, vy, covariance = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    luminance = (2 * mx * my + 0.01**2) / (mx**2 + my**2 + 0.01**2)
    return (luminance * (2 * covariance + 0.03**2) / (vx + vy + 0.03**2))[:, :, 5:-5, 5:-5]


def main(command, weights, inputs, output):
    import reference

    y, given = reference.load(weights)['y'], reference.load(inputs)
    x = given['x']
    if command == 'one':
        measure = Similarity(11, 1, 5)
        similarity, contrast = measure.forward(x, y)
        slopes = measure.backward(given['ds'], given['dc'])
        reference.save(output, {'similarity': similarity, 'contrast': contrast, 'slopes': slopes, 'middle': filtered(x, y)})
        return
    measure = {'four': MultiScale(3, 2, FOUR), 'five': MultiScale(11, 2, FIVE)}[command]
    tensors = {'multi': measure.forward(x, y), 'slopes': measure.backward(given['dm'])}
    reference.save(output, tensors | {f'map/{scale}': maps for scale, maps in enumerate(measure.maps)})


if __name__ == '__main__':
    main(*sys.argv[1:])
