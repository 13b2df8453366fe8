"""DRAEM's two networks at the default width of 16, 8 images of 64 px."""

import torch
from torch import nn
from torch.nn import functional as F

from similarity import ssim

WIDTH = 16


def unit(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, 1, 1), nn.BatchNorm2d(outputs), nn.ReLU(True)]


def block(inputs, hidden, outputs=None):
    return nn.Sequential(*unit(inputs, hidden), *unit(hidden, outputs or hidden))


def up(inputs, outputs):
    return nn.Sequential(nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True), *unit(inputs, outputs))


def reconstructor(w):
    layers = [block(3, w)]
    for inputs, outputs in ((w, 2 * w), (2 * w, 4 * w), (4 * w, 8 * w), (8 * w, 8 * w)):
        layers += [nn.MaxPool2d(2), block(inputs, outputs)]
    for inputs, outputs in ((8 * w, 4 * w), (4 * w, 2 * w), (2 * w, w), (w, w)):
        layers += [up(inputs, inputs), block(inputs, inputs, outputs)]
    return nn.Sequential(*layers, nn.Conv2d(w, 3, 3, 1, 1))


class Segmenter(nn.Module):
    def __init__(self, w):
        super().__init__()
        sizes = [w, 2 * w, 4 * w, 8 * w, 8 * w, 8 * w]
        self.down = nn.ModuleList(block(a, b) for a, b in zip([6, *sizes], sizes))
        risen = [w, w, 2 * w, 4 * w, 8 * w]
        below = [w, 2 * w, 4 * w, 8 * w, 8 * w]
        self.up = nn.ModuleList(up(a, b) for a, b in zip(below, risen))
        self.join = nn.ModuleList(block(b + s, b) for b, s in zip(risen, sizes))
        self.out = nn.Conv2d(w, 2, 3, 1, 1)

    def forward(self, x):
        kept = []
        for number, level in enumerate(self.down):
            x = level(x if number == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        for number in reversed(range(5)):
            x = self.join[number](torch.cat([self.up[number](x), kept[number]], 1))
        return self.out(x)


class Loss(nn.Module):
    def __init__(self):
        super().__init__()
        self.reconstruct, self.segment = reconstructor(WIDTH), Segmenter(WIDTH // 2)

    def forward(self, images, augmented, masks):
        three = augmented.repeat(1, 3, 1, 1)
        y = self.reconstruct(three)
        probabilities = torch.softmax(self.segment(torch.cat([y, three], 1)), 1)
        one_hot = torch.cat([1 - masks, masks], 1).clamp(1e-5, 1 - 1e-5)
        pt = (one_hot * probabilities).sum(1) + 1e-5
        x = images.repeat(1, 3, 1, 1)
        similarity, _ = ssim(x, y, window=11, value_range=1, padding=5)
        return F.mse_loss(y, x) + 1 - similarity.mean() - ((1 - pt) ** 2 * pt.log()).mean()


def training(form):
    return form.supervised(
        Loss(),
        lambda parameters, fused: torch.optim.Adam(parameters, 1e-4, fused=fused),
        torch.rand(8, 1, 64, 64),
        torch.rand(8, 1, 64, 64),
        (torch.rand(8, 1, 64, 64) > 0.9).float(),
    )
