"""Scores made-up images through 2K members, maps and both refiners: `scoring.py K IMAGES THREADS` prints a JSON line per form."""

import json
import sys
import time

import torch

from networks import AE, ASRNet

k, count, threads = (int(one) for one in sys.argv[1:4])
torch.set_num_threads(threads)
torch.manual_seed(0)


class Scoring(torch.nn.Module):
    """Images (N,1,64,64) to all pixel scores."""

    def __init__(self):
        super().__init__()
        self.ndm = torch.nn.ModuleList(AE() for _ in range(k))
        self.udm = torch.nn.ModuleList(AE() for _ in range(k))
        self.dual, self.intra = ASRNet(2), ASRNet(1)

    def forward(self, x):
        ndm = torch.stack([member(x) for member in self.ndm])
        udm = torch.stack([member(x) for member in self.udm])
        mean = ndm.mean(0)
        a_intra = ndm.std(0, unbiased=False)
        a_inter = (mean - udm.mean(0)).abs()
        maps = {'rec': (x - mean) ** 2, 'intra': a_intra, 'inter': a_inter}
        maps['r_dual'] = self.dual(torch.cat([a_intra, a_inter], 1)).softmax(1)[:, 1:]
        maps['r_intra'] = self.intra(a_intra).softmax(1)[:, 1:]
        members = ((x - ndm) ** 2).mean((2, 3, 4))
        return maps, {name: one.mean((1, 2, 3)) for name, one in maps.items()}, members


images = torch.rand(count, 1, 64, 64) * 2 - 1
with torch.inference_mode():
    for form in ('eager', 'channels_last', 'compiled'):
        wall, cpu = time.perf_counter(), time.process_time()
        model = Scoring().eval()
        batches = images
        if form == 'channels_last':
            model, batches = model.to(memory_format=torch.channels_last), images.contiguous(memory_format=torch.channels_last)
        score = torch.compile(model) if form == 'compiled' else model
        if form == 'compiled':
            # Compiling is not counted, as if it had been kept from an earlier run.
            score(batches[:64])
            wall, cpu = time.perf_counter(), time.process_time()
        for start in range(0, count - count % 64, 64):
            score(batches[start : start + 64])
        if count % 64:
            model(batches[count - count % 64 :])
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps({'form': form, 'images': count, 'seconds': wall, 'cpuSeconds': cpu}), flush=True)
