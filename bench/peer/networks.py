"""The paper's networks in PyTorch, written plainly: what a user would otherwise train with."""

import torch
from torch import nn
from torch.nn import functional as F


class AE(nn.Module):
    """Images (N,1,64,64) in [-1,1] to reconstructions."""

    def __init__(self):
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
        self.decoder = nn.Sequential(*decoder, nn.ConvTranspose2d(last, 1, 4, 2, 1, bias=False))

    def forward(self, x):
        code = self.linear_enc(self.encoder(x).flatten(1))
        return self.decoder(self.linear_dec(code).view(-1, 64, 4, 4))

    def loss(self, x):
        return F.mse_loss(self(x), x)


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
        pt = (target * self(maps).softmax(1)).sum(1) + smooth
        return -((1 - pt) ** 2 * pt.log()).mean()
