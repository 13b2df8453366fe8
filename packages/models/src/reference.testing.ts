import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream, type TensorData } from '@ddad/compute';
import { brainFolder } from '@ddad/dataset/testing';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage';
import { bufferNames, initialise, type ParameterSpec } from './parameters.ts';

const checkout = join(import.meta.dirname, '../../..');

/** Runs a script of test/reference, at most two minutes; @throws Error with its output where it fails. */
export function runPython(script: string, args: string[]): string {
  const python = process.env.DDAD_TEST_PYTHON;
  if (python === undefined) {
    throw new Error(
      'expected DDAD_TEST_PYTHON to name a Python with numpy, Pillow and safetensors, got nothing: run `make test`',
    );
  }
  const { status, stdout, stderr, error } = spawnSync(
    python,
    [join(checkout, 'test/reference', script), ...args],
    {
      encoding: 'utf8',
      timeout: 120_000,
      env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1', OPENBLAS_NUM_THREADS: '1' },
    },
  );
  if (status !== 0) throw new Error(`${script} ${args[0] ?? ''}: ${stdout}${stderr}`, { cause: error });
  return stdout;
}

/** Runs a script that reads weights and inputs, in PyTorch's layouts, from files and writes tensors to another. */
export function tensorsFrom(
  script: string,
  command: string[],
  weights: ReadonlyMap<string, TensorData>,
  inputs: Record<string, TensorData>,
  options: string[],
): Map<string, TensorData> {
  const directory = mkdtempSync(join(tmpdir(), 'ddad-reference-'));
  try {
    const [w, i, o] = ['weights', 'inputs', 'output'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(w, encodeSafetensors(weights));
    writeFileSync(i, encodeSafetensors(new Map(Object.entries(inputs))));
    runPython(script, [...command, w, i, o, ...options]);
    return decodeSafetensors(readFileSync(o)).tensors;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Tensors that a command of reference.py gives. */
export function reference(
  command: 'reconstruct' | 'codes' | 'probability' | 'step' | 'train' | 'losses' | 'passes',
  weights: ReadonlyMap<string, TensorData>,
  inputs: Record<string, TensorData>,
  options: string[] = [],
): Map<string, TensorData> {
  return tensorsFrom('reference.py', [command], weights, inputs, options);
}

/** Tensors that a command of networks.py gives. */
export function networkReference(
  command: 'step' | 'penalty',
  network: string,
  weights: ReadonlyMap<string, TensorData>,
  inputs: Record<string, TensorData>,
): Map<string, TensorData> {
  return tensorsFrom('networks.py', [command, network], weights, inputs, []);
}

/** Tensors that a command of gans.py gives. */
export function ganReference(
  command: 'ganomaly' | 'critic' | 'generator' | 'wgan' | 'encoder' | 'izif',
  weights: ReadonlyMap<string, TensorData>,
  inputs: Record<string, TensorData>,
): Map<string, TensorData> {
  return tensorsFrom('gans.py', [command], weights, inputs, []);
}

/** What dual_space.py gives of members, their weights by `MEMBER/NAME`. */
export function dualSpaceReference(
  weights: ReadonlyMap<string, TensorData>,
  images: TensorData,
): Map<string, TensorData> {
  return tensorsFrom('dual_space.py', [], weights, { images }, []);
}

/** What linear_cka.py gives of two networks' codes of the same images. */
export function linearCkaReference(x: TensorData, y: TensorData): Map<string, TensorData> {
  return tensorsFrom('linear_cka.py', [], new Map([['codes', x]]), { codes: y }, []);
}

/** Images [count,side,side] in [-1,1]: real brain slices where the data lies beside the checkout, else `smoothImages`. */
export function testImages(count: number, side = 64): Float32Array {
  const brain = brainFolder();
  if (brain === null) return smoothImages(count, side);
  const directory = mkdtempSync(join(tmpdir(), 'ddad-reference-'));
  try {
    const output = join(directory, 'images');
    runPython('reference.py', ['images', brain, String(count), String(side), output]);
    return decodeSafetensors(readFileSync(output)).tensors.get('images')!.data;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Waves and a little noise, [count,side,side] in [-1,1]: no pixel lies far from all others. */
export function smoothImages(count: number, side = 64): Float32Array {
  const area = side * side;
  const images = new Float32Array(count * area);
  for (let image = 0; image < count; image++) {
    const random = randomStream(1, 'image', image);
    const [fx, fy, phase] = [random.uniform() * 0.3, random.uniform() * 0.3, random.uniform() * 6];
    for (let i = 0; i < area; i++) {
      const wave = Math.sin(fx * (i % side) + fy * Math.floor(i / side) + phase);
      images[image * area + i] = 0.8 * wave + 0.2 * (random.uniform() * 2 - 1);
    }
  }
  return images;
}

export function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** Largest absolute difference. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`expected ${b.length} values, got ${a.length}`);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** Largest |a − b|/|b|. */
export function largestRelativeDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`expected ${b.length} values, got ${a.length}`);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!) / Math.abs(b[i]!)), 0);
}

/**
 * First weights whose BatchNorm offsets open one channel and close the next, so far that no ReLU's input comes near 0.
 *
 * With the usual ones some of a million inputs always lie within float32's rounding of 0, where the derivative jumps, and
 * one flipped unit of a linear layer moves a gradient by up to 1e-2 of its norm: PyTorch's own float32 and float64 differ
 * by that, and by 1e-3 in the loss after 20 steps (measured, torch 2.15). Here the arithmetic alone is compared.
 */
export function decidedWeights(parameters: readonly ParameterSpec[], seed: number): Map<string, TensorData> {
  const weights = initialise(parameters, seed);
  const norms = parameters.filter(({ name }) => name.endsWith('.running_mean'));
  for (const { name } of norms) {
    const offset = weights.get(name.replace('running_mean', 'bias'));
    offset?.data.forEach((_, channel, data) => {
      data[channel] = channel % 2 === 0 ? 6 : -6;
    });
  }
  return weights;
}

/**
 * Gradients that differ from the reference's by more than a share of the norm of all, or of their own. A bias whose effect
 * the next BatchNorm takes away has no gradient but rounding, and is compared with the norm of all only; so is one that is
 * next to nothing.
 */
export function differingGradients(
  found: ReadonlyMap<string, TensorData>,
  expected: ReadonlyMap<string, TensorData>,
  { ofAll, ofOwn }: { ofAll: number; ofOwn: number },
): string[] {
  const expectedOf = (name: string) => expected.get(`gradient/${name}`)!.data;
  const all = Math.hypot(...[...found.keys()].map((name) => norm(expectedOf(name))));
  return [...found].flatMap(([name, { data }]) => {
    const other = expectedOf(name);
    const [difference, own] = [norm(data.map((value, i) => value - other[i]!)), norm(other)];
    const fits = difference <= ofAll * all && (difference <= ofOwn * own || own < 1e-6 * all);
    return fits
      ? []
      : [`${name}: ${(difference / all).toExponential(1)}, ${(difference / own).toExponential(1)}`];
  });
}

/**
 * Running statistics that differ from the reference's, `buffer/NAME`, by `most` or more.
 * @param found in PyTorch's layouts
 */
export function differingBuffers(
  parameters: readonly ParameterSpec[],
  found: ReadonlyMap<string, TensorData>,
  expected: ReadonlyMap<string, TensorData>,
  most: number,
): string[] {
  return bufferNames(parameters).flatMap((name) => {
    const difference = largestDifference(found.get(name)!.data, expected.get(`buffer/${name}`)!.data);
    return difference < most ? [] : [`${name}: ${difference.toExponential(1)}`];
  });
}

/** Steps, from 1 on, whose figures differ from the reference's by more than a share of them, or of 1 where they are smaller. */
export function differingSteps(found: readonly number[], expected: Float32Array, share: number): string[] {
  if (found.length !== expected.length)
    throw new Error(`expected figures of ${expected.length} steps, got ${found.length}`);
  return found.flatMap((value, at) => {
    const other = expected[at]!;
    // A figure that is not finite differs.
    const fits = Math.abs(value - other) <= share * Math.max(1, Math.abs(other));
    return fits ? [] : [`${at + 1}: ${value} instead of ${other}`];
  });
}
