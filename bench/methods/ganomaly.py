"""GANomaly at its defaults: a step of the generator and one of the discriminator, on 64 images of 64 px."""

import torch
from torch import nn
from torch.nn import functional as F

CHANNELS = (1, 16, 32, 64, 64)


def halvings():
    for inputs, outputs in zip(CHANNELS, CHANNELS[1:]):
        yield from (nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True))


def encoder():
    return nn.Sequential(*halvings(), nn.Flatten(), nn.Linear(1024, 1024), nn.ReLU(True), nn.Linear(1024, 16))


def decoder():
    layers = [nn.Linear(16, 1024), nn.ReLU(True), nn.Linear(1024, 1024), nn.Unflatten(1, (64, 4, 4))]
    for inputs, outputs in zip(CHANNELS[:0:-1], CHANNELS[-2::-1]):
        layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]
    return nn.Sequential(*layers[:-2])


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.back, self.second = encoder(), decoder(), encoder()

    def forward(self, x):
        z = self.first(x)
        made = self.back(z)
        return made, z, self.second(made)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(*halvings(), nn.Flatten(), nn.Linear(1024, 1024), nn.ReLU(True))
        self.out = nn.Linear(1024, 1)

    def forward(self, x):
        features = self.features(x)
        return features, self.out(features)


def training(form):
    generator, discriminator = form.network(Generator()), form.network(Discriminator())
    adam = lambda network: torch.optim.Adam(network.parameters(), 1e-3, fused=form.fused)
    of_generator, of_discriminator = adam(generator), adam(discriminator)
    x = form.layout(torch.rand(64, 1, 64, 64) * 2 - 1)
    make, judge = form.compile(generator), form.compile(discriminator)

    def step():
        made, z, again = make(x)
        f_real, real = judge(x)
        f_fake, _ = judge(made)
        _, fake = judge(made.detach())
        loss = F.mse_loss(f_fake, f_real) + 50 * F.mse_loss(made, x) + F.mse_loss(again, z)
        of_generator.zero_grad(set_to_none=True)
        # No gradients by the discriminator's weights, which this update does not want.
        gradients = torch.autograd.grad(loss, list(generator.parameters()), retain_graph=True)
        for parameter, gradient in zip(generator.parameters(), gradients):
            parameter.grad = gradient
        judged = (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2
        of_discriminator.zero_grad(set_to_none=True)
        judged.backward()
        of_generator.step()
        of_discriminator.step()
        return loss.item() + judged.item()

    return step
