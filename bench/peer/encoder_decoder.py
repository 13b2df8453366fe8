"""NSA's residual encoder-decoder, written plainly."""

import torch
from torch import nn

from resnet18 import ResNet18


class TransposedBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.upsample = nn.Sequential(
            nn.ConvTranspose2d(inputs, outputs, 1, 2, output_padding=1, bias=False), nn.BatchNorm2d(outputs)
        )
        self.relu = nn.ReLU(True)

    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + self.upsample(x))


class EncoderDecoder(ResNet18):
    """Images (N,1,H,W) in [0,1] to what is found in them, (N,1,H,W)."""

    def __init__(self):
        super().__init__()
        self.nin = nn.Sequential(
            nn.Conv2d(512, 256, 1, bias=False), nn.ReLU(True), nn.Conv2d(256, 128, 1, bias=False), nn.ReLU(True)
        )
        for number, (inputs, outputs) in enumerate(((128, 64), (64, 32), (32, 16)), 1):
            setattr(self, f'uplayer{number}', nn.Sequential(TransposedBlock(inputs, outputs)))
        self.upsample = nn.UpsamplingBilinear2d(scale_factor=2)
        self.convtranspose1 = nn.ConvTranspose2d(16, 1, 7, 2, 3, output_padding=1, bias=False)

    def forward(self, x):
        x = self.nin(super().forward(x))
        x = self.uplayer3(self.uplayer2(self.uplayer1(x)))
        return torch.sigmoid(self.convtranspose1(self.upsample(x)))
