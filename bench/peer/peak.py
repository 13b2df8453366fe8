"""Measures the machine's matrix-product peak: `peak.py THREADS PRECISION...` prints a JSON line per precision."""

import json
import sys
import time

import torch

threads = int(sys.argv[1])
torch.set_num_threads(threads)
size = 2048
for name in sys.argv[2:]:
    dtype = getattr(torch, name)
    a, b = torch.randn(size, size, dtype=dtype), torch.randn(size, size, dtype=dtype)
    a @ b
    best = 0.0
    # The best of several, by the process's own time: a peak is what is left when nothing else interferes.
    for _ in range(10):
        cpu = time.process_time()
        a @ b
        best = max(best, 2 * size**3 * threads / (time.process_time() - cpu))
    print(json.dumps({'form': 'matrix product, PyTorch', 'precision': name, 'gflops': best / 1e9}), flush=True)
