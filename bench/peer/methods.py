"""Times training steps of a method's peer: `methods.py CASE.py THREADS STEPS` prints a JSON line per form of it.

A case is a module with `training(form)`, which makes the networks and gives a function without arguments: one step, of a training
of several phases a turn of each. `form` says how (fused optimiser, channels_last, torch.compile), and `form.supervised` makes the
usual step of one network and one loss.
"""

import importlib.util
import json
import sys

import torch

from forms import FORMS
from timing import timed_steps


class Form:
    def __init__(self, name):
        self.fused, self.channels_last, self.compiled = FORMS[name]

    def network(self, module):
        """A network, or a loss as one, in this form's memory layout and in training mode."""
        module.train()
        return module.to(memory_format=torch.channels_last) if self.channels_last else module

    def compile(self, function):
        return torch.compile(function) if self.compiled else function

    def layout(self, tensor):
        if self.channels_last and tensor.dim() == 4:
            return tensor.contiguous(memory_format=torch.channels_last)
        return tensor

    def supervised(self, network, optimiser, *inputs):
        """`network(*inputs)` gives the loss; `optimiser(parameters, fused)` its optimiser."""
        network = self.network(network)
        updates = optimiser(network.parameters(), self.fused)
        loss_of = self.compile(network)
        inputs = [self.layout(one) for one in inputs]

        def step():
            updates.zero_grad(set_to_none=True)
            loss = loss_of(*inputs)
            loss.backward()
            updates.step()
            return loss.item()

        return step


def main():
    case, threads, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    spec = importlib.util.spec_from_file_location('case', case)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in FORMS:
        torch.manual_seed(0)
        figures = timed_steps(lambda: module.training(Form(name)), steps, warm=2)
        print(json.dumps({'form': name, **figures}), flush=True)


main()
