"""The whole method as a plain PyTorch script: members, maps, both refiners, scores.

`run.py DATA K EPOCHS REFINER_EPOCHS THREADS PRECISION` prints a JSON line. DATA is a folder in the Med-AD layout. Images are read
and decoded before the clock starts, and so is the best form found: a few steps in each (fused Adam, channels_last,
torch.compile), with all of its compiling.
"""

import json
import sys
import time
from pathlib import Path

import numpy
import torch
from PIL import Image

from forms import FORMS, Trainer
from networks import AE, ASRNet

folder, precision = Path(sys.argv[1]), sys.argv[6]
k, epochs, refiner_epochs, threads = (int(one) for one in sys.argv[2:6])
torch.set_num_threads(threads)
torch.manual_seed(0)


def read(names):
    def one(name):
        image = Image.open(folder / 'images' / name).convert('L').resize((64, 64), Image.BILINEAR)
        return numpy.asarray(image, numpy.float32) / 127.5 - 1

    return torch.from_numpy(numpy.stack([one(name) for name in names]))[:, None]


def fastest(make, inputs):
    """The form whose steps are fastest, after its first ones."""
    times = {}
    for form in FORMS:
        trainer = Trainer(make(), form, *settings(inputs), precision)
        for _ in range(3):
            trainer.step(*inputs)
        started = time.perf_counter()
        for _ in range(5):
            trainer.step(*inputs)
        times[form] = time.perf_counter() - started
    return min(times, key=times.get)


def settings(inputs):
    return (5e-4, 0) if len(inputs) == 1 else (1e-4, 1e-4)


def train_member(images, form):
    trainer = Trainer(AE(), form, 5e-4, 0, precision)
    for _ in range(epochs):
        order = torch.randperm(len(images))
        for start in range(0, len(images) - 63, 64):
            trainer.step(images[order[start : start + 64]])
    return trainer.model.eval().requires_grad_(False)


def maps(x):
    ndm = torch.stack([member(x) for member in members['ndm']])
    udm = torch.stack([member(x) for member in members['udm']]).mean(0)
    mean = ndm.mean(0)
    return ndm, mean, ndm.std(0, unbiased=False), (mean - udm).abs()


def disturb(images, index):
    """A foreign patch in half of the images, and where."""
    x, labels = images[index].clone(), torch.zeros(len(index), 1, 64, 64)
    for i, image in enumerate(index.tolist()):
        if torch.rand(()) >= 0.5:
            continue
        other = int(torch.randint(len(images) - 1, ()))
        other += other >= image
        row, column = torch.randint(6, 57, (2,)).tolist()
        half = int(torch.randint(3, 13, ()))
        rows, columns = slice(max(0, row - half), row + half), slice(max(0, column - half), column + half)
        alpha = float(torch.rand(()))
        x[i, :, rows, columns] = (1 - alpha) * x[i, :, rows, columns] + alpha * images[other, :, rows, columns]
        labels[i, :, rows, columns] = 1
    return x, labels


data = json.loads((folder / 'data.json').read_text())
train, unlabeled, test = data['train']['0'], data['train']['unlabeled'], data['test']
normal = read(train)
all_images = torch.cat([normal, read(unlabeled['0'] + unlabeled['1'])])
test_images = read(test['0'] + test['1'])
member_form = fastest(AE, (normal[:64],))
refiner_form = fastest(lambda: ASRNet(2), (torch.rand(8, 2, 64, 64), torch.zeros(8, 1, 64, 64)))

started, cpu = time.perf_counter(), time.process_time()
members = {
    'ndm': [train_member(normal, member_form) for _ in range(k)],
    'udm': [train_member(all_images, member_form) for _ in range(k)],
}
members_seconds = time.perf_counter() - started
dual = Trainer(ASRNet(2), refiner_form, 1e-4, 1e-4, precision)
intra = Trainer(ASRNet(1), refiner_form, 1e-4, 1e-4, precision)
for _ in range(refiner_epochs):
    order = torch.randperm(len(normal))
    for start in range(0, len(normal) - 7, 8):
        x, labels = disturb(normal, order[start : start + 8])
        # Both refiners on one pass through the members.
        with torch.no_grad():
            _, _, a_intra, a_inter = maps(x)
        dual.step(torch.cat([a_intra, a_inter], 1), labels)
        intra.step(a_intra, labels)
refiners_seconds = time.perf_counter() - started - members_seconds
dual.model.eval()
intra.model.eval()
with torch.inference_mode():
    for start in range(0, len(test_images), 64):
        x = test_images[start : start + 64]
        ndm, mean, a_intra, a_inter = maps(x)
        scores = [((x - ndm) ** 2).mean((2, 3, 4)), ((x - mean) ** 2).mean((1, 2, 3)), a_intra, a_inter]
        scores.append(dual.model(dual.layout(torch.cat([a_intra, a_inter], 1))).softmax(1)[:, 1:])
        scores.append(intra.model(intra.layout(a_intra)).softmax(1)[:, 1:])
figures = {
    'form': f'peer: {member_form}; {refiner_form}',
    'seconds': time.perf_counter() - started,
    'cpuSeconds': time.process_time() - cpu,
    'membersSeconds': members_seconds,
    'refinersSeconds': refiners_seconds,
}
print(json.dumps(figures), flush=True)
