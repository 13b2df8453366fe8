"""The project's networks written a second time, independently: numpy in float64, every derivative by hand.

The TypeScript models are compared with this file (packages/models/src/*.test.ts). It shares nothing with them: layouts
are PyTorch's (N,C,H,W; O,I,H,W; out,in), names are those of a PyTorch state_dict, and no automatic differentiation is
used. `check_gradients.py` proves the derivatives against finite differences.

Command line (files are safetensors, float32):

    reference.py reconstruct WEIGHTS INPUTS OUTPUT   inputs: images -> images, and log_variance where the network
                                                     estimates it
    reference.py codes       WEIGHTS INPUTS OUTPUT [--training]
                                                     inputs: images -> codes, the latent ones before a memory; with the batch's
                                                     own statistics where `--training` says so
    reference.py probability WEIGHTS INPUTS OUTPUT   inputs: maps -> probability
    reference.py step        WEIGHTS INPUTS OUTPUT   inputs: images, or maps and labels
                                                     -> loss, gradient/NAME, buffer/NAME, margin (the least |x|
                                                     that a ReLU saw)
    reference.py train       WEIGHTS INPUTS OUTPUT --learning-rate R [--weight-decay D]
                                                     inputs with a leading axis of steps
                                                     -> losses, parameter/NAME, margin, and gradient/NAME and
                                                     buffer/NAME of the first step
    reference.py losses      WEIGHTS INPUTS OUTPUT   weights as STEP/NAME, inputs with a leading axis of steps: the
                                                     loss of every step from the weights that are given for it -> losses
    reference.py passes      WEIGHTS INPUTS OUTPUT   MC Dropout: inputs: images, mask/0 and mask/1 of (P,2048), a row a
                                                     pass -> over the passes mean and deviation (divided by P) of the
                                                     image, and mean variance where the network estimates it
    reference.py images      DIRECTORY COUNT OUTPUT  the first COUNT images of train.0 in data.json -> images

images are (N,1,S,S) in [-1,1], maps (N,C,S,S), labels (N,1,S,S) of 0 and 1. With images may come dropout's masks,
mask/0 (behind linear_enc's ReLU) and mask/1 (behind linear_dec's), (N,2048) each.
"""

import argparse
import json
import pathlib

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

EPSILON = 1e-5
MOMENTUM = 0.1
BUFFERS = ('running_mean', 'running_var')


class Convolution:
    """y[n,o,i,j] = sum over c,a,b of x[n,c,s*i+a-p,s*j+b-p] * w[o,c,a,b] (+ bias[o])."""

    def __init__(self, name, stride, padding, bias):
        self.name, self.stride, self.padding, self.bias = name, stride, padding, bias

    def forward(self, p, x, _training):
        w = p[f'{self.name}.weight']
        self.windows = windows(x, w.shape[2], self.stride, self.padding)
        self.input_shape = x.shape
        y = np.tensordot(self.windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
        return y + p[f'{self.name}.bias'][None, :, None, None] if self.bias else y

    def backward(self, p, dy, gradients):
        w = p[f'{self.name}.weight']
        gradients[f'{self.name}.weight'] = np.tensordot(dy, self.windows, axes=([0, 2, 3], [0, 2, 3]))
        if self.bias:
            gradients[f'{self.name}.bias'] = dy.sum(axis=(0, 2, 3))
        columns = np.tensordot(dy, w, axes=([1], [0]))
        return scatter(columns, self.input_shape[2:], self.stride, self.padding)


class TransposedConvolution:
    """The adjoint of Convolution: x[n,c,i,j] * w[c,o,a,b] is added to y[n,o,s*i+a-p,s*j+b-p]."""

    def __init__(self, name, stride, padding):
        self.name, self.stride, self.padding = name, stride, padding

    def forward(self, p, x, _training):
        w = p[f'{self.name}.weight']
        self.x = x
        size = [(n - 1) * self.stride - 2 * self.padding + w.shape[2] for n in x.shape[2:]]
        return scatter(np.tensordot(x, w, axes=([1], [0])), size, self.stride, self.padding)

    def backward(self, p, dy, gradients):
        w = p[f'{self.name}.weight']
        patches = windows(dy, w.shape[2], self.stride, self.padding)
        gradients[f'{self.name}.weight'] = np.tensordot(self.x, patches, axes=([0, 2, 3], [0, 2, 3]))
        return np.tensordot(patches, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)


class Linear:
    """y = x w^T + b."""

    def __init__(self, name):
        self.name = name

    def forward(self, p, x, _training):
        self.x = x
        return x @ p[f'{self.name}.weight'].T + p[f'{self.name}.bias']

    def backward(self, p, dy, gradients):
        gradients[f'{self.name}.weight'] = dy.T @ self.x
        gradients[f'{self.name}.bias'] = dy.sum(axis=0)
        return dy @ p[f'{self.name}.weight']


class BatchNorm:
    """Normalises each channel; in training by the batch's biased variance, keeping the unbiased one for later."""

    def __init__(self, name):
        self.name = name

    def forward(self, p, x, training):
        self.axes = (0,) + tuple(range(2, x.ndim))
        self.wide = lambda v: v.reshape((1, -1) + (1,) * (x.ndim - 2))
        if training:
            n = x.size // x.shape[1]
            mean = x.mean(axis=self.axes)
            variance = ((x - self.wide(mean)) ** 2).mean(axis=self.axes)
            old_mean, old_variance = (p[f'{self.name}.{b}'] for b in BUFFERS)
            self.running = {
                f'{self.name}.running_mean': (1 - MOMENTUM) * old_mean + MOMENTUM * mean,
                f'{self.name}.running_var': (1 - MOMENTUM) * old_variance + MOMENTUM * variance * n / (n - 1),
            }
        else:
            mean, variance = (p[f'{self.name}.{b}'] for b in BUFFERS)
        self.inverse = 1 / np.sqrt(variance + EPSILON)
        self.normal = (x - self.wide(mean)) * self.wide(self.inverse)
        return self.normal * self.wide(p[f'{self.name}.weight']) + self.wide(p[f'{self.name}.bias'])

    def backward(self, p, dy, gradients):
        n = dy.size // dy.shape[1]
        sum_dy = dy.sum(axis=self.axes)
        sum_dy_normal = (dy * self.normal).sum(axis=self.axes)
        gradients[f'{self.name}.bias'] = sum_dy
        gradients[f'{self.name}.weight'] = sum_dy_normal
        # The batch's mean and variance depend on x as well: their share is what is subtracted here.
        centred = dy - self.wide(sum_dy / n) - self.normal * self.wide(sum_dy_normal / n)
        return centred * self.wide(p[f'{self.name}.weight'] * self.inverse)


class Relu:
    """Its derivative jumps at 0: nearer to it than rounding, other arithmetic may find another derivative. Hence margin."""

    def forward(self, _p, x, _training):
        self.open = x > 0
        self.margin = np.abs(x).min()
        return x * self.open

    def backward(self, _p, dy, _gradients):
        return dy * self.open


class Dropout:
    """Multiplies by a given mask, of zeros and 1/(1 - rate)."""

    def __init__(self, mask):
        self.mask = mask

    def forward(self, _p, x, _training):
        return x * self.mask

    def backward(self, _p, dy, _gradients):
        return dy * self.mask


class Memory:
    """MemAE's memory: z becomes the sum of the slots (rows of M), weighted by attention a = softmax(z M^T).

    Its loss term, the mean over the batch of -sum(a log(a + epsilon)), is the layer's own: `penalty` after forward, and
    part of what backward gives.
    """

    def __init__(self, name, weight=2e-4, epsilon=1e-12):
        self.name, self.weight, self.epsilon = name, weight, epsilon

    def forward(self, p, z, _training):
        slots = p[f'{self.name}.weight']
        self.z, self.attention = z, softmax(z @ slots.T)
        entropy = -(self.attention * np.log(self.attention + self.epsilon)).sum(axis=1)
        self.penalty = self.weight * entropy.mean()
        return self.attention @ slots

    def backward(self, p, dy, gradients):
        slots, a = p[f'{self.name}.weight'], self.attention
        d_entropy = -np.log(a + self.epsilon) - a / (a + self.epsilon)
        da = dy @ slots.T + self.weight * d_entropy / len(a)
        d_scores = a * (da - (a * da).sum(axis=1, keepdims=True))
        gradients[f'{self.name}.weight'] = a.T @ dy + d_scores.T @ self.z
        return d_scores @ slots


class Reshape:
    def __init__(self, *shape):
        self.shape = shape

    def forward(self, _p, x, _training):
        self.before = x.shape
        return x.reshape((x.shape[0],) + self.shape)

    def backward(self, _p, dy, _gradients):
        return dy.reshape(self.before)


def windows(x, kernel, stride, padding):
    """x (N,C,H,W) -> every kernel x kernel window, (N,C,Ho,Wo,kernel,kernel)."""
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return sliding_window_view(padded, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]


def scatter(columns, size, stride, padding):
    """Adds columns (N,Hi,Wi,C,k,k) where their windows lie; the inverse walk of `windows`. -> (N,C,*size)"""
    n, rows, cols, channels, kernel, _ = columns.shape
    padded = np.zeros((n, channels, size[0] + 2 * padding, size[1] + 2 * padding))
    for a in range(kernel):
        for b in range(kernel):
            target = padded[:, :, a : a + stride * rows : stride, b : b + stride * cols : stride]
            target += columns[..., a, b].transpose(0, 3, 1, 2)
    return padded[:, :, padding : padding + size[0], padding : padding + size[1]]


def softmax(z):
    """Over axis 1."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def autoencoder(code=1024, memory=False, masks=()):
    """`code`: values of the 64 maps that four halvings leave, 1024 of a 64x64 image, 4096 of 128x128; `masks`: dropout's,
    behind the ReLU of linear_enc and of linear_dec."""
    side = int(np.sqrt(code // 64))
    drop = [[Dropout(mask)] for mask in masks] or [[], []]
    layers = []
    for i in range(4):
        layers += [Convolution(f'encoder.{3 * i}', 2, 1, bias=False), BatchNorm(f'encoder.{3 * i + 1}'), Relu()]
    layers += [Reshape(code), Linear('linear_enc.0'), BatchNorm('linear_enc.1'), Relu(), *drop[0], Linear('linear_enc.3')]
    layers += [Memory('mem_rep.memory')] if memory else []
    layers += [Linear('linear_dec.0'), BatchNorm('linear_dec.1'), Relu(), *drop[1], Linear('linear_dec.3')]
    layers += [Reshape(64, side, side)]
    for i in range(3):
        layers += [TransposedConvolution(f'decoder.{3 * i}', 2, 1), BatchNorm(f'decoder.{3 * i + 1}'), Relu()]
    return layers + [TransposedConvolution('decoder.9', 2, 1)]


def asr_net():
    layers = []
    for i in range(2):
        layers += [Convolution(f'model.{3 * i}', 1, 1, bias=True), BatchNorm(f'model.{3 * i + 1}'), Relu()]
    return layers + [Convolution('model.6', 1, 1, bias=True)]


def forward(layers, p, x, training):
    for layer in layers:
        x = layer.forward(p, x, training)
    return x


def mean_square(y, inputs):
    """Mean over every pixel of (y - x)^2, and its derivative in y."""
    difference = y - inputs['images']
    return (difference**2).mean(), 2 * difference / difference.size


def uncertain_square(y, inputs):
    """AE-U's loss of y (N,2,H,W), image and log variance v: mean of (image - x)^2 exp(-v) + v, and its derivative in y."""
    difference = y[:, :1] - inputs['images']
    v = y[:, 1:]
    weighted = difference * np.exp(-v)
    value = (difference * weighted + v).mean()
    return value, np.concatenate([2 * weighted, 1 - difference * weighted], axis=1) / v.size


def focal(y, inputs, gamma=2, smooth=1e-5):
    """Focal loss of logits y (N,2,H,W): mean of -(1-pt)^gamma log(pt), pt = sum(smoothed one-hot * softmax) + smooth."""
    labels = inputs['labels']
    one_hot = np.clip(np.concatenate([1 - labels, labels], axis=1), smooth, 1 - smooth)
    probability = softmax(y)
    pt = (one_hot * probability).sum(axis=1, keepdims=True) + smooth
    value = (-((1 - pt) ** gamma) * np.log(pt)).mean()
    d_pt = (gamma * (1 - pt) ** (gamma - 1) * np.log(pt) - (1 - pt) ** gamma / pt) / pt.size
    # d pt / d logit_k = p_k (t_k - sum_j t_j p_j)
    return value, d_pt * probability * (one_hot - (one_hot * probability).sum(axis=1, keepdims=True))


def network(parameters, inputs=()):
    """Which of the networks these weights are: its layers, its input's name and its loss. Dropout where `inputs` has masks."""
    if 'encoder.0.weight' in parameters:
        outputs = parameters['decoder.9.weight'].shape[1]
        loss_of = uncertain_square if outputs == 2 else mean_square
        code = parameters['linear_enc.0.weight'].shape[1]
        masks = [inputs[name] for name in ('mask/0', 'mask/1') if name in inputs]
        return autoencoder(code, 'mem_rep.memory.weight' in parameters, masks), 'images', loss_of
    if 'model.0.weight' in parameters:
        return asr_net(), 'maps', focal
    raise SystemExit(f'expected weights of an autoencoder or of ASR-Net, got {sorted(parameters)}')


def penalties(layers):
    """What the layers themselves add to the loss, after forward."""
    return sum(layer.penalty for layer in layers if isinstance(layer, Memory))


def step(parameters, inputs):
    """One training step's loss, gradients by name, running statistics afterwards, and the ReLUs' least margin."""
    layers, entry, loss_of = network(parameters, inputs)
    y = forward(layers, parameters, inputs[entry], training=True)
    value, dy = loss_of(y, inputs)
    value += penalties(layers)
    gradients = {}
    for layer in reversed(layers):
        dy = layer.backward(parameters, dy, gradients)
    buffers = {}
    for layer in layers:
        if isinstance(layer, BatchNorm):
            buffers |= layer.running
    return value, gradients, buffers, min(layer.margin for layer in layers if isinstance(layer, Relu))


class Adam:
    """torch.optim.Adam: weight decay is added to the gradient, epsilon to the bias-corrected root."""

    def __init__(self, learning_rate, weight_decay=0.0, beta1=0.5, beta2=0.999, epsilon=1e-8):
        self.rate, self.decay = learning_rate, weight_decay
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.first, self.second, self.steps = {}, {}, 0

    def update(self, parameters, gradients):
        self.steps += 1
        for name, gradient in gradients.items():
            g = gradient + self.decay * parameters[name]
            m = self.beta1 * self.first.get(name, 0) + (1 - self.beta1) * g
            v = self.beta2 * self.second.get(name, 0) + (1 - self.beta2) * g**2
            self.first[name], self.second[name] = m, v
            m_hat = m / (1 - self.beta1**self.steps)
            v_hat = v / (1 - self.beta2**self.steps)
            parameters[name] = parameters[name] - self.rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


def train(parameters, batches, optimiser):
    """One step per batch.

    Returns the losses before each update, parameters and buffers after the last, the margin, and gradients and buffers of
    the first step.
    """
    parameters = dict(parameters)
    losses, least, first = [], np.inf, None
    for inputs in batches:
        value, gradients, buffers, margin = step(parameters, inputs)
        losses.append(value)
        least = min(least, margin)
        first = first or (gradients, buffers)
        parameters |= buffers
        optimiser.update(parameters, gradients)
    return np.array(losses), parameters, least, first


def named_step(gradients, buffers):
    """A step's results as they are written."""
    tensors = {f'gradient/{name}': value for name, value in gradients.items()}
    return tensors | {f'buffer/{name}': value for name, value in buffers.items()}


def loss(parameters, inputs):
    """The training loss alone."""
    layers, entry, loss_of = network(parameters, inputs)
    y = forward(layers, parameters, inputs[entry], training=True)
    return loss_of(y, inputs)[0] + penalties(layers)


def infer(parameters, inputs):
    layers, entry, _ = network(parameters, inputs)
    return forward(layers, parameters, inputs[entry], training=False)


def codes(parameters, inputs, training):
    layers, entry, _ = network(parameters, inputs)
    last = next(i for i, layer in enumerate(layers) if getattr(layer, 'name', None) == 'linear_enc.3')
    return forward(layers[: last + 1], parameters, inputs[entry], training)


def passes(parameters, inputs):
    """Mean and deviation over MC Dropout's passes, of which each has one mask for all images."""
    count = len(inputs['mask/0'])
    of_pass = lambda i: {name: value[i : i + 1] if 'mask' in name else value for name, value in inputs.items()}
    y = np.stack([infer(parameters, of_pass(i)) for i in range(count)])
    found = {'mean': y[:, :, :1].mean(axis=0), 'deviation': y[:, :, :1].std(axis=0)}
    return found | ({'variance': np.exp(y[:, :, 1:]).mean(axis=0)} if y.shape[2] == 2 else {})


def load(path):
    from safetensors.numpy import load_file

    return {name: value.astype(np.float64) for name, value in load_file(path).items()}


def load_step(path, index):
    """The tensors STEP/NAME of one step, without reading those of the others."""
    from safetensors import safe_open

    prefix = f'{index}/'
    with safe_open(path, framework='numpy') as file:
        names = [name for name in file.keys() if name.startswith(prefix)]
        return {name.removeprefix(prefix): file.get_tensor(name).astype(np.float64) for name in names}


def save(path, tensors):
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(value, dtype=np.float32) for name, value in tensors.items()}, path)


def images(directory, count, size):
    """The first `count` normal training images as the method wants them: grey, resized, in [-1,1]. (N,1,size,size)"""
    from PIL import Image

    root = pathlib.Path(directory)
    names = json.loads((root / 'data.json').read_text())['train']['0'][:count]
    opened = [Image.open(root / 'images' / name).convert('L').resize((size, size), Image.BILINEAR) for name in names]
    return np.stack([np.asarray(image, dtype=np.float64) for image in opened])[:, None] / 127.5 - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    for name in ('reconstruct', 'codes', 'probability', 'step', 'train', 'losses', 'passes'):
        command = commands.add_parser(name)
        for argument in ('weights', 'inputs', 'output'):
            command.add_argument(argument)
        if name == 'codes':
            command.add_argument('--training', action='store_true')
        if name == 'train':
            command.add_argument('--learning-rate', type=float, required=True)
            command.add_argument('--weight-decay', type=float, default=0.0)
    command = commands.add_parser('images')
    command.add_argument('directory')
    command.add_argument('count', type=int)
    command.add_argument('size', type=int)
    command.add_argument('output')
    args = parser.parse_args()

    if args.command == 'images':
        save(args.output, {'images': images(args.directory, args.count, args.size)})
        return
    inputs = load(args.inputs)
    if args.command in ('train', 'losses'):
        steps = len(next(iter(inputs.values())))
        batches = [{name: value[i] for name, value in inputs.items()} for i in range(steps)]
    if args.command == 'losses':
        losses = [loss(load_step(args.weights, i), batch) for i, batch in enumerate(batches)]
        save(args.output, {'losses': np.array(losses)})
        return
    parameters = load(args.weights)
    if args.command == 'reconstruct':
        y = infer(parameters, inputs)
        save(args.output, {'images': y[:, :1]} | ({'log_variance': y[:, 1:]} if y.shape[1] == 2 else {}))
    elif args.command == 'codes':
        save(args.output, {'codes': codes(parameters, inputs, args.training)})
    elif args.command == 'passes':
        save(args.output, passes(parameters, inputs))
    elif args.command == 'probability':
        save(args.output, {'probability': softmax(infer(parameters, inputs))[:, 1:]})
    elif args.command == 'step':
        value, gradients, buffers, margin = step(parameters, inputs)
        figures = {'loss': np.array([value]), 'margin': np.array([margin])}
        save(args.output, figures | named_step(gradients, buffers))
    else:
        optimiser = Adam(args.learning_rate, args.weight_decay)
        losses, parameters, margin, first = train(parameters, batches, optimiser)
        tensors = {f'parameter/{name}': value for name, value in parameters.items()}
        save(args.output, {'losses': losses, 'margin': np.array([margin])} | tensors | named_step(*first))


if __name__ == '__main__':
    main()
