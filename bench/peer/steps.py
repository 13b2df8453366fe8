"""Times training steps of the peer: `steps.py NETWORK THREADS STEPS PRECISION` prints a JSON line per form of it."""

import json
import sys
import time

import torch

from forms import FORMS, Trainer
from networks import NETWORKS

network, threads, steps, precision = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(threads)
torch.manual_seed(0)
if network == 'asr':
    batch = torch.rand(8, 2, 64, 64) * 0.3, (torch.rand(8, 1, 64, 64) < 0.05).float()
else:
    batch = (torch.rand(64, 1, 64, 64) * 2 - 1,)
rate, decay = (1e-4, 1e-4) if network == 'asr' else (5e-4, 0)

for form in FORMS:
    started, started_cpu = time.perf_counter(), time.process_time()
    trainer = Trainer(NETWORKS[network](), form, rate, decay, precision)
    inputs = [trainer.layout(one) for one in batch]
    trainer.step(*inputs)
    first, first_cpu = time.perf_counter() - started, time.process_time() - started_cpu
    for _ in range(3):
        trainer.step(*inputs)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        trainer.step(*inputs)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures = {
        'ms': 1000 * wall / steps,
        'cpuMs': 1000 * cpu / steps,
        'firstSeconds': first,
        'firstCpuSeconds': first_cpu,
    }
    print(json.dumps({'network': network, 'form': form, **figures}), flush=True)
