"""The paper's networks in PyTorch, written plainly: what a user would otherwise train with."""

import torch
from torch import nn
from torch.nn import functional as F


class AE(nn.Module):
    """Images (N,1,64,64) in [-1,1] to reconstructions."""

    def __init__(self, outputs=1):
        super().__init__()
        encoder, last = [], 1
        for width in (16, 32, 64, 64):
            encoder += [nn.Conv2d(last, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)]
            last = width
        self.encoder = nn.Sequential(*encoder)
        self.linear_enc = nn.Sequential(
            nn.Linear(1024, 2048), nn.BatchNorm1d(2048), nn.ReLU(True), nn.Linear(2048, 16)
        )
        self.linear_dec = nn.Sequential(
            nn.Linear(16, 2048), nn.BatchNorm1d(2048), nn.ReLU(True), nn.Linear(2048, 1024)
        )
        decoder = []
        for width in (64, 32, 16):
            decoder += [nn.ConvTranspose2d(last, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)]
            last = width
        self.decoder = nn.Sequential(*decoder, nn.ConvTranspose2d(last, outputs, 4, 2, 1, bias=False))

    def encode(self, x):
        return self.linear_enc(self.encoder(x).flatten(1))

    def decode(self, code):
        return self.decoder(self.linear_dec(code).view(-1, 64, 4, 4))

    def forward(self, x):
        return self.decode(self.encode(x))

    def loss(self, x):
        return F.mse_loss(self(x), x)


class AEU(AE):
    """The autoencoder with a second output channel, log σ² (eq. 5)."""

    def __init__(self):
        super().__init__(outputs=2)

    def loss(self, x):
        image, log_variance = self(x).chunk(2, 1)
        return (torch.exp(-log_variance) * (x - image) ** 2).mean() + log_variance.mean()


class MemAE(AE):
    """The autoencoder whose decoder sees mixtures of 25 learned codes only."""

    def __init__(self):
        super().__init__()
        self.memory = nn.Parameter(torch.empty(25, 16).uniform_(-0.25, 0.25))

    def recall(self, code):
        attention = (code @ self.memory.T).softmax(1)
        return attention, attention @ self.memory

    def forward(self, x):
        return self.decode(self.recall(self.encode(x))[1])

    def loss(self, x):
        attention, code = self.recall(self.encode(x))
        entropy = -(attention * (attention + 1e-12).log()).sum(1).mean()
        return F.mse_loss(self.decode(code), x) + 2e-4 * entropy


class ASRNet(nn.Module):
    """Score maps (N,C,64,64) to class logits (N,2,64,64)."""

    def __init__(self, channels):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(channels, 128, 3, 1, 1), nn.BatchNorm2d(128), nn.ReLU(True),
            nn.Conv2d(128, 128, 3, 1, 1), nn.BatchNorm2d(128), nn.ReLU(True),
            nn.Conv2d(128, 2, 3, 1, 1),
        )  # fmt: skip

    def forward(self, maps):
        return self.model(maps)

    def loss(self, maps, labels, smooth=1e-5):
        """Focal loss, gamma 2; labels (N,1,64,64) of 0 and 1."""
        target = torch.cat([1 - labels, labels], 1).clamp(smooth, 1 - smooth)
        pt = (target * self(maps).float().softmax(1)).sum(1) + smooth
        return -((1 - pt) ** 2 * pt.log()).mean()


NETWORKS = {'ae': AE, 'aeu': AEU, 'memae': MemAE, 'asr': lambda: ASRNet(2)}
