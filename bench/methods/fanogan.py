"""f-AnoGAN's GAN at its defaults: five steps of the critic and one of the generator, on 16 images of 64 px each. torch.compile has no
second derivative: no form compiles."""

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, BATCH = 16, 16


class Block(nn.Module):
    def __init__(self, inputs, outputs, up, norm):
        super().__init__()
        hidden = outputs if up else inputs
        self.up = up
        self.norm1, self.conv1 = norm(inputs), nn.Conv2d(inputs, hidden, 3, 1, 1, bias=False)
        self.norm2, self.conv2 = norm(hidden), nn.Conv2d(hidden, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        grow = lambda y: F.interpolate(y, scale_factor=2) if self.up else y
        shrink = lambda y: y if self.up else F.avg_pool2d(y, 2)
        y = self.conv1(grow(F.relu(self.norm1(x))))
        y = shrink(self.conv2(F.relu(self.norm2(y))))
        return y + (grow(self.shortcut(x)) if self.up else self.shortcut(shrink(x)))


def blocks(multiples, up, norm):
    return [Block(i * WIDTH, o * WIDTH, up, norm) for i, o in zip(multiples, multiples[1:])]


def generator():
    return nn.Sequential(
        nn.Linear(128, 128 * WIDTH),
        nn.Unflatten(1, (8 * WIDTH, 4, 4)),
        *blocks((8, 8, 4, 2, 1), True, nn.BatchNorm2d),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU(True),
        nn.Conv2d(WIDTH, 1, 3, 1, 1),
        nn.Tanh(),
    )


def critic():
    norm = lambda channels: nn.GroupNorm(1, channels)
    return nn.Sequential(
        nn.Conv2d(1, WIDTH, 3, 1, 1), *blocks((1, 2, 4, 8, 8), False, norm), nn.Flatten(), nn.Linear(128 * WIDTH, 1)
    )


def training(form):
    make, judge = form.network(generator()), form.network(critic())
    adam = lambda network: torch.optim.Adam(network.parameters(), 1e-4, (0.0, 0.9), fused=form.fused)
    of_generator, of_critic = adam(make), adam(judge)
    x, z, mix = form.layout(torch.rand(BATCH, 1, 64, 64) * 2 - 1), torch.randn(BATCH, 128), torch.rand(BATCH, 1, 1, 1)

    def step():
        for _ in range(5):
            with torch.no_grad():
                fake = make(z)
            between = (x + mix * (fake - x)).requires_grad_()
            (slopes,) = torch.autograd.grad(judge(between).sum(), between, create_graph=True)
            penalty = ((slopes.flatten(1).norm(dim=1) - 1) ** 2).mean()
            values = judge(torch.cat([x, fake]))
            loss = values[BATCH:].mean() - values[:BATCH].mean() + 10 * penalty
            of_critic.zero_grad(set_to_none=True)
            loss.backward()
            of_critic.step()
        loss = -judge(make(z)).mean()
        of_generator.zero_grad(set_to_none=True)
        loss.backward(inputs=list(make.parameters()))
        of_generator.step()
        return loss.item()

    return step
