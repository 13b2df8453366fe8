"""The forms in which a PyTorch user would train: the bench compares with the best of them."""

import torch

# name: (fused Adam, channels_last, torch.compile)
FORMS = {
    'eager': (False, False, False),
    'fused': (True, False, False),
    'channels_last': (True, True, False),
    'compiled': (True, False, True),
    'compiled, channels_last': (True, True, True),
}


class Trainer:
    """A model with its optimiser; `step(*inputs)` is a training step and gives its loss."""

    def __init__(self, model, form, rate, decay=0.0, precision='float32'):
        fused, self.channels_last, compiled = FORMS[form]
        self.model = model.to(memory_format=torch.channels_last) if self.channels_last else model
        self.model.train()
        self.optimiser = torch.optim.Adam(model.parameters(), rate, (0.5, 0.999), weight_decay=decay, fused=fused)
        self.loss = torch.compile(model.loss) if compiled else model.loss
        self.low = precision == 'bfloat16'

    def layout(self, tensor):
        return tensor.contiguous(memory_format=torch.channels_last) if self.channels_last else tensor

    def step(self, *inputs):
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast('cpu', torch.bfloat16, enabled=self.low):
            loss = self.loss(*(self.layout(one) for one in inputs))
        loss.backward()
        self.optimiser.step()
        return loss.item()
