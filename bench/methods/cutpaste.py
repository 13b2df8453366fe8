"""CutPaste's classifier of three classes, 32 images of 64 px in each."""

import torch
from torch import nn
from torch.nn import functional as F

from resnet18 import ResNet18


class Classifier(nn.Module):
    """Images (96,1,64,64) and their classes to the loss."""

    def __init__(self):
        super().__init__()
        self.trunk = ResNet18()
        self.head = nn.Sequential(
            nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(True), nn.Linear(512, 128), nn.BatchNorm1d(128), nn.ReLU(True)
        )
        self.out = nn.Linear(128, 3)

    def forward(self, images, labels):
        features = self.trunk(images).mean((2, 3))
        return F.cross_entropy(self.out(self.head(features)), labels)


def training(form):
    return form.supervised(
        Classifier(),
        lambda parameters, fused: torch.optim.SGD(parameters, 0.03, momentum=0.9, weight_decay=3e-5, fused=fused),
        torch.rand(96, 1, 64, 64) * 2 - 1,
        torch.arange(3).repeat_interleave(32),
    )
