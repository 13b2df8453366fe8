"""Times training steps of the peer: `steps.py NETWORK THREADS STEPS` prints a JSON line per form of it."""

import json
import sys
import time

import torch

from networks import AE, ASRNet

network, threads, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(0)


def batch():
    if network == 'ae':
        return (torch.rand(64, 1, 64, 64) * 2 - 1,)
    return torch.rand(8, 2, 64, 64) * 0.3, (torch.rand(8, 1, 64, 64) < 0.05).float()


def make(fused, channels_last, compiled):
    model = AE() if network == 'ae' else ASRNet(2)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    model.train()
    rate, decay = (5e-4, 0) if network == 'ae' else (1e-4, 1e-4)
    optimiser = torch.optim.Adam(model.parameters(), rate, (0.5, 0.999), weight_decay=decay, fused=fused)
    loss_of = torch.compile(model.loss) if compiled else model.loss
    inputs = batch()
    if channels_last:
        inputs = tuple(t.contiguous(memory_format=torch.channels_last) for t in inputs)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(*inputs)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


forms = {
    'eager': (False, False, False),
    'fused': (True, False, False),
    'channels_last': (True, True, False),
    'compiled': (True, False, True),
    'compiled, channels_last': (True, True, True),
}
for name, form in forms.items():
    started = time.perf_counter()
    step = make(*form)
    step()
    first = time.perf_counter() - started
    for _ in range(3):
        step()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures = {'ms': 1000 * wall / steps, 'cpuMs': 1000 * cpu / steps, 'firstSeconds': first}
    print(json.dumps({'network': network, 'form': name, 'threads': threads, **figures}), flush=True)
