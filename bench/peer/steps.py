"""Times training steps of the peer: `steps.py NETWORK THREADS STEPS PRECISION` prints a JSON line per form of it."""

import json
import sys

import torch

from forms import FORMS, Trainer
from networks import NETWORKS
from timing import timed_steps

network, threads, steps, precision = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(threads)
torch.manual_seed(0)
if network == 'asr':
    batch = torch.rand(8, 2, 64, 64) * 0.3, (torch.rand(8, 1, 64, 64) < 0.05).float()
else:
    batch = (torch.rand(64, 1, 64, 64) * 2 - 1,)
rate, decay = (1e-4, 1e-4) if network == 'asr' else (5e-4, 0)


def open_step(form):
    trainer = Trainer(NETWORKS[network](), form, rate, decay, precision)
    inputs = [trainer.layout(one) for one in batch]
    return lambda: trainer.step(*inputs)


for form in FORMS:
    figures = timed_steps(lambda: open_step(form), steps, warm=3)
    print(json.dumps({'network': network, 'form': form, **figures}), flush=True)
