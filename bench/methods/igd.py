"""A step of IGD's generator, its encoder trained with it, and one of its critic, at the default width of 16; 16 images of 64 px."""

import torch
from torch import nn
from torch.nn import functional as F

from resnet18 import ResNet18
from similarity import ms_ssim

WIDTH, RANGE = 16, 4.7579
SCALES = (0.0516, 0.3295, 0.3463, 0.2726)
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class FixedNorm(nn.BatchNorm2d):
    """Batch normalisation that keeps its statistics, in training too."""

    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)


class Block(nn.Module):
    def __init__(self, inputs, outputs, up):
        super().__init__()
        hidden = outputs if up else inputs
        norm = FixedNorm if up else (lambda channels: nn.GroupNorm(1, channels))
        stretch = nn.Upsample(scale_factor=2) if up else nn.Identity()
        shrink = nn.Identity() if up else nn.AvgPool2d(2)
        first = nn.Conv2d(inputs, hidden, 3, 1, 1, bias=False)
        self.main = nn.Sequential(
            norm(inputs), nn.ReLU(), stretch, first, norm(hidden), nn.ReLU(True), nn.Conv2d(hidden, outputs, 3, 1, 1), shrink
        )
        self.shortcut = nn.Sequential(shrink, nn.Conv2d(inputs, outputs, 1), stretch)

    def forward(self, x):
        return self.main(x) + self.shortcut(x)


class Generator(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.encoder, self.projection = ResNet18(3), nn.Linear(512, 128)
        self.decoder = nn.Sequential(
            nn.Linear(128, 8 * w * 16),
            nn.Unflatten(1, (8 * w, 4, 4)),
            *(Block(a * w, b * w, True) for a, b in ((8, 4), (4, 2), (2, 1))),
            FixedNorm(w),
            nn.ReLU(True),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(w, 3, 5, 1, 2),
        )

    def encode(self, x):
        return self.projection(self.encoder(x).mean((2, 3)))


def critic(w):
    blocks = (Block(a * w, b * w, False) for a, b in ((1, 2), (2, 4), (4, 8)))
    return nn.Sequential(nn.Conv2d(3, w, 5, 2, 2), *blocks, nn.Flatten(), nn.Linear(8 * w * 16, 1))


def training(form):
    generator, judge = form.network(Generator(WIDTH)), form.network(critic(WIDTH))
    updates = torch.optim.Adam(generator.parameters(), 1e-4, (0.0, 0.9), weight_decay=1e-6, fused=form.fused)
    judged = torch.optim.Adam(judge.parameters(), 1e-4, (0.0, 0.9), fused=form.fused)
    x = form.layout((torch.rand(16, 3, 64, 64) - MEAN) / DEVIATION)
    alpha, centre = torch.rand(16, 1) / 2, torch.rand(128) * 2 - 1

    def mixed(z):
        return generator.decoder(alpha * z + (1 - alpha) * z.flip(0))

    def generate():
        z = generator.encode(x)
        y = generator.decoder(z)
        rec = 0.85 * (1 - ms_ssim(x, y, 3, RANGE, SCALES).mean()) + 0.15 * (x - y).abs().mean() / RANGE
        distance = 1 - torch.exp(-((z - centre) ** 2).sum(1) / 128)
        return rec + distance.mean() + 0.1 * (judge(mixed(z)) ** 2).mean()

    def judging():
        with torch.no_grad():
            z = generator.encode(x)
            y, between = generator.decoder(z), mixed(z)
        return ((judge(between) - alpha) ** 2).mean() + (judge(y + 0.2 * (x - y)) ** 2).mean()

    generate, judging = form.compile(generate), form.compile(judging)

    def step():
        for loss_of, optimiser in ((generate, updates), (judging, judged)):
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of()
            loss.backward()
            optimiser.step()
        return loss.item()

    return step
