import { randomStream, type Shapes, type TensorData } from '@ddad/compute';

/** How a parameter starts; PyTorch's defaults are of the first two kinds. */
export type Initial =
  /** Uniform in ±1/√fanIn. */
  | { kind: 'uniform'; fanIn: number }
  | { kind: 'constant'; value: 0 | 1 }
  | { kind: 'normal'; mean: number; deviation: number };

/** One tensor of a model, as a PyTorch user knows it and as it lies in memory here. */
export interface ParameterSpec {
  /** Its name in a PyTorch state_dict, like `encoder.0.weight`. */
  name: string;
  /** The optimiser changes trainable ones; buffers are BatchNorm's running statistics. */
  kind: 'trainable' | 'buffer';
  pytorchShape: number[];
  /** Shape in TensorFlow's layout (H,W,I,O; H,W,O,I for transposed convolutions; in,out). */
  shape: number[];
  /**
   * PyTorch's shape with flattened axes unfolded (1024 to 64,4,4 where a linear layer reads or writes maps), and where each
   * axis of TensorFlow's layout comes from in it: the values are those of `shape`, once moved.
   */
  unfolded: number[];
  permutation: number[];
  initial: Initial;
}

const product = (shape: readonly number[]) => shape.reduce((size, side) => size * side, 1);

/** Row-major strides of a shape. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => product(shape.slice(axis + 1)));
}

/** Moves values to the order of permuted axes: axis k of the result is axis `permutation[k]` of `shape`. */
function permute(data: Float32Array, shape: readonly number[], permutation: readonly number[]): Float32Array {
  if (permutation.every((from, to) => from === to)) return data.slice();
  const strides = stridesOf(shape);
  const sides = permutation.map((axis) => shape[axis]);
  const steps = permutation.map((axis) => strides[axis]);
  const result = new Float32Array(data.length);
  const at = sides.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++at[axis]! < sides[axis]!) break;
      from -= steps[axis]! * sides[axis]!;
      at[axis] = 0;
    }
  }
  return result;
}

/** From PyTorch's layout to TensorFlow's. */
function inward(parameter: ParameterSpec, data: Float32Array): TensorData {
  return {
    shape: [...parameter.shape],
    data: permute(data, parameter.unfolded, parameter.permutation),
  };
}

/** From TensorFlow's layout to PyTorch's. */
function outward(parameter: ParameterSpec, data: Float32Array): TensorData {
  const moved = parameter.permutation.map((axis) => parameter.unfolded[axis]!);
  const back = parameter.permutation.map((_, axis) => parameter.permutation.indexOf(axis));
  return { shape: [...parameter.pytorchShape], data: permute(data, moved, back) };
}

/** Shapes in TensorFlow's layout by kind: what a training step wants to know. */
export function shapesOf(parameters: readonly ParameterSpec[]): { trainable: Shapes; buffers: Shapes } {
  const pick = (kind: ParameterSpec['kind']): Shapes =>
    Object.fromEntries(
      parameters.filter((parameter) => parameter.kind === kind).map(({ name, shape }) => [name, [...shape]]),
    );
  return { trainable: pick('trainable'), buffers: pick('buffer') };
}

/** Names of the trainable parameters: what a phase of a training step may train. */
export function trainableNames(parameters: readonly ParameterSpec[]): string[] {
  return parameters.filter(({ kind }) => kind === 'trainable').map(({ name }) => name);
}

/** Names of the buffers, BatchNorm's running statistics: what a phase of a training step may renew. */
export function bufferNames(parameters: readonly ParameterSpec[]): string[] {
  return parameters.filter(({ kind }) => kind === 'buffer').map(({ name }) => name);
}

/** Number of trainable values. */
export function trainableCount(parameters: readonly ParameterSpec[]): number {
  return parameters
    .filter(({ kind }) => kind === 'trainable')
    .reduce((sum, { shape }) => sum + product(shape), 0);
}

/**
 * First values of all parameters, in TensorFlow's layout. Each parameter has a random stream of its own, made from seed
 * and name and read in PyTorch's order, so that neither other parameters nor the inner layout change its values.
 */
export function initialise(parameters: readonly ParameterSpec[], seed: number): Map<string, TensorData> {
  return new Map(
    parameters.map((parameter) => {
      const { name, initial } = parameter;
      const data = new Float32Array(product(parameter.shape));
      const random = randomStream(seed, 'init', name);
      if (initial.kind === 'constant') data.fill(initial.value);
      else if (initial.kind === 'normal') random.fillNormal(initial.mean, initial.deviation, data);
      else {
        const bound = 1 / Math.sqrt(initial.fanIn);
        random.fillUniform(-bound, bound, data);
      }
      return [name, inward(parameter, data)];
    }),
  );
}

/**
 * Tensors under PyTorch's names and layouts.
 *
 * BatchNorm's `num_batches_tracked` is not among them: `load_state_dict`, also a strict one, fills it in where a state_dict
 * carries no version, as one read from a safetensors file does not; and it has no effect where momentum is given.
 * @param tensors all parameters in TensorFlow's layout; others are left out
 * @throws Error that lists every missing tensor and every wrong shape
 */
export function toPyTorch(
  parameters: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, TensorData>,
): Map<string, TensorData> {
  assertTensors(parameters, tensors, 'shape');
  return new Map(
    parameters.map((parameter) => [parameter.name, outward(parameter, tensors.get(parameter.name)!.data)]),
  );
}

/**
 * Tensors of a PyTorch state_dict in TensorFlow's layout. `num_batches_tracked` may be there and is left out.
 * @throws Error that lists every missing or unknown tensor and every wrong shape
 */
export function fromPyTorch(
  parameters: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, TensorData>,
): Map<string, TensorData> {
  const known = new Set(parameters.map(({ name }) => name));
  const unknown = [...tensors.keys()].filter(
    (name) => !known.has(name) && !name.endsWith('.num_batches_tracked'),
  );
  assertTensors(
    parameters,
    tensors,
    'pytorchShape',
    unknown.map((name) => `${name}: unknown tensor`),
  );
  return new Map(
    parameters.map((parameter) => [parameter.name, inward(parameter, tensors.get(parameter.name)!.data)]),
  );
}

function assertTensors(
  parameters: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, TensorData>,
  layout: 'shape' | 'pytorchShape',
  faults: string[] = [],
): void {
  for (const parameter of parameters) {
    const expected = parameter[layout].join('×');
    const tensor = tensors.get(parameter.name);
    if (tensor === undefined) faults.push(`${parameter.name}: expected ${expected}, got nothing`);
    else if (tensor.shape.join('×') !== expected)
      faults.push(`${parameter.name}: expected ${expected}, got ${tensor.shape.join('×') || 'a scalar'}`);
  }
  if (faults.length > 0) throw new Error(`weights: ${faults.join('; ')}`);
}
