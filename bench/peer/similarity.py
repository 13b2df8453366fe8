"""Structural similarity, of one scale and of several, by separable Gaussian windows."""

import torch
from torch.nn import functional as F


def weights(size, sigma=1.5):
    at = torch.arange(size) - size // 2
    window = torch.exp(-(at**2) / (2 * sigma**2))
    return window / window.sum()


def ssim(x, y, window, value_range, padding=0):
    """-> similarity and the part of it that compares contrast and structure, (N,C,H',W')"""
    channels, one = x.shape[1], weights(window)
    rows, columns = (one.view(shape).expand(5 * channels, *shape[1:]) for shape in ((1, 1, -1, 1), (1, 1, 1, -1)))
    stacked = torch.cat([x, y, x * x, y * y, x * y], 1)
    means = F.conv2d(stacked, rows, padding=(padding, 0), groups=5 * channels)
    means = F.conv2d(means, columns, padding=(0, padding), groups=5 * channels)
    mx, my, xx, yy, xy = means.split(channels, 1)
    c1, c2 = (0.01 * value_range) ** 2, (0.03 * value_range) ** 2
    contrast = (2 * (xy - mx * my) + c2) / (xx - mx * mx + yy - my * my + c2)
    return (2 * mx * my + c1) / (mx * mx + my * my + c1) * contrast, contrast


def ms_ssim(x, y, window, value_range, scales):
    """-> (N,C)"""
    value = 1
    for number, weight in enumerate(scales):
        similarity, contrast = ssim(x, y, window, value_range)
        last = number == len(scales) - 1
        value = value * (similarity if last else contrast).mean((2, 3)).clamp(min=1e-12) ** weight
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return value
