import { chmodSync, cpSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './commands.ts';
import { unpackedWheel, type WheelPin, wheelPin, wheelPins } from './pins.ts';
import { cache, root } from './places.ts';

export const variants = ['cpu', 'cuda'] as const;
/** `cuda`: TensorFlow for NVIDIA's GPUs with their libraries; only the driver is the host's. */
export type Variant = (typeof variants)[number];

const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const inImage = '/opt/tensorflow/lib';

/** What of PyPI a variant holds. The first is TensorFlow's. */
export function tensorflowPins(variant: Variant): WheelPin[] {
  return variant === 'cpu'
    ? [wheelPin('scripts/requirements-tensorflow.txt', 'tensorflow-cpu')]
    : wheelPins('deploy/images/requirements-cuda.txt');
}

/** Lays out TensorFlow's libraries and, for `cuda`, NVIDIA's, which TensorFlow opens by their names. */
export function makeTensorflowRoot(directory: string, variant: Variant): void {
  const [tensorflow, ...nvidia] = tensorflowPins(variant);
  const lib = join(directory, inImage);
  mkdirSync(lib, { recursive: true });
  const from =
    variant === 'cpu' ? join(setUpTensorflow(), 'lib') : join(unpackedWheel(tensorflow!), 'tensorflow');
  for (const library of libraries) cpSync(join(from, library), join(lib, library));
  if (variant === 'cpu') return;
  const target = join(directory, 'opt/nvidia/lib');
  mkdirSync(target, { recursive: true });
  for (const pin of nvidia) {
    const unpacked = unpackedWheel(pin);
    for (const path of globSync(join(unpacked, 'nvidia/*/lib/*.so*')))
      cpSync(path, join(target, basename(path)));
    if (pin.name === 'nvidia-cuda-nvcc-cu12') addKernelCompiler(unpacked, directory);
  }
}

/**
 * Lays out what TensorFlow compiles kernels with, where it has none ready for a GPU, and XLA all of its own: the place that the
 * Containerfile's XLA_FLAGS names.
 * @param unpacked content of NVIDIA's wheel nvcc
 */
export function addKernelCompiler(unpacked: string, directory: string): void {
  const from = join(unpacked, 'nvidia/cuda_nvcc');
  const to = join(directory, 'opt/nvidia/cuda_nvcc');
  const [assembler, library] = ['bin/ptxas', 'nvvm/libdevice/libdevice.10.bc'];
  for (const file of [assembler, library])
    if (!existsSync(join(from, file))) throw new Error(`${from}: expected ${file}, got none`);
  cpSync(from, to, { recursive: true });
  // Unpacking leaves it without its mode.
  chmodSync(join(to, assembler), 0o755);
}

/** Compiles the addon between Node and TensorFlow for its place in the image. @param modules app/node_modules */
export function addTensorflowAddon(modules: string): void {
  const target = join(modules, '@tensorflow/tfjs-node-gpu/lib/napi-v8');
  mkdirSync(target, { recursive: true });
  // Linked with the CPU's library: both variants have the same interface.
  run(join(root, 'scripts/compile-addon'), [
    ...[join(root, 'node_modules'), setUpTensorflow(), inImage],
    join(target, 'tfjs_binding.node'),
  ]);
}

/** What scripts/setup took out of the CPU's wheel: lib/ and include/. */
function setUpTensorflow(): string {
  return join(cache, `libtensorflow-${tensorflowPins('cpu')[0]!.version}-cpu`);
}
