import { withEscapes } from './escapes.ts';
import type { Shapes } from './tensor-data.ts';
import { type Binding, backend, type OpAttribute, type Tensor, type TensorInfo, tf } from './tensorflow.ts';

/** Where a recorded op takes an input from. */
export type Source =
  | { from: 'argument'; name: string }
  | { from: 'constant'; index: number }
  | { from: 'op'; index: number; output: number };

export interface RecordedOp {
  op: string;
  attributes: OpAttribute[];
  inputs: Source[];
}

export interface RecordedConstant {
  shape: number[];
  dtype: number;
  values: Float32Array | Int32Array | Uint8Array;
}

/** A computation as the list of TensorFlow ops that it made, in order, with its named results. */
export interface Recording {
  ops: RecordedOp[];
  constants: RecordedConstant[];
  results: { name: string; source: Source; shape: number[] }[];
}

/** A computation that cannot be a graph: names the op or constant at fault. */
export class NotRecordable extends Error {
  override name = 'NotRecordable';
}

/**
 * Runs `compute` once and notes every op that tfjs hands to TensorFlow.
 * @param args tensors by name; whatever else the computation reads becomes a constant
 * @param compute returns the results by name; values read back inside (`dataSync`) are an error, as they would be
 *   frozen into the graph
 */
export function record(args: Record<string, Tensor>, compute: () => Record<string, Tensor>): Recording {
  const node = backend();
  const real = node.binding;
  const sources = new Map<number, Source>();
  for (const [name, tensor] of Object.entries(args)) {
    sources.set(node.getInputTensorIds([tensor])[0]!, { from: 'argument', name });
  }
  const ops: RecordedOp[] = [];
  const constants: RecordedConstant[] = [];
  const sourceOf = (id: number, user: string): Source => {
    const known = sources.get(id);
    if (known !== undefined) return known;
    throw new NotRecordable(`${user}: takes a tensor from outside of the step that is not a declared input`);
  };
  const recorder: Binding = Object.create(real, {
    executeOp: {
      value: (op: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorInfo[] => {
        const index = ops.length;
        ops.push({ op, attributes, inputs: inputs.map((id) => sourceOf(id, op)) });
        const infos = real.executeOp(op, attributes, inputs, outputs);
        infos.forEach((info, output) => {
          sources.set(info.id, { from: 'op', index, output });
        });
        return infos;
      },
    },
    createTensor: {
      value: (shape: number[], dtype: number, values: RecordedConstant['values']): number => {
        const id = real.createTensor(shape, dtype, values);
        sources.set(id, { from: 'constant', index: constants.length });
        constants.push({ shape: [...shape], dtype, values: values.slice() });
        return id;
      },
    },
    tensorDataSync: {
      value: (): never => {
        const last = ops.at(-1)?.op ?? 'an input';
        throw new NotRecordable(`a value is read back inside of the step, after ${last}`);
      },
    },
  }) as Binding;
  const results: Recording['results'] = [];
  node.binding = recorder;
  try {
    withEscapes(() =>
      tf.tidy(() => {
        for (const [name, tensor] of Object.entries(compute())) {
          const source = sourceOf(node.getInputTensorIds([tensor])[0]!, `result ${name}`);
          results.push({ name, source, shape: [...tensor.shape] });
        }
      }),
    );
  } finally {
    node.binding = real;
  }
  return { ops, constants, results };
}

/**
 * Holds two recordings of one computation, made with different inputs, against each other.
 * @throws NotRecordable where anything but the inputs' values differs: it was decided by them, and a graph would freeze it
 */
export function assertSame(first: Recording, second: Recording): void {
  const shape = (recording: Recording) =>
    recording.ops.map(({ op, attributes, inputs }) => JSON.stringify([op, attributes, inputs]));
  const [a, b] = [shape(first), shape(second)];
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) {
      const op = first.ops[i]?.op ?? second.ops[i]?.op;
      throw new NotRecordable(`op ${i} (${op}) depends on the inputs' values`);
    }
  }
  first.constants.forEach((constant, index) => {
    const other = second.constants[index]!;
    const equal = constant.values.every((value, i) => Object.is(value, other.values[i]));
    if (equal && constant.values.length === other.values.length) return;
    const user = first.ops.find((op) => op.inputs.some((s) => s.from === 'constant' && s.index === index));
    throw new NotRecordable(
      `constant ${index}, read by ${user?.op ?? 'a result'}, depends on the inputs' values`,
    );
  });
}

/**
 * Records a computation with two sets of arbitrary arguments and holds them against each other, so that nothing that the
 * arguments' values decide gets frozen into a graph.
 */
export function recordTwice(
  shapes: Shapes,
  compute: (args: Record<string, Tensor>) => Record<string, Tensor>,
): Recording {
  const once = (value: number): Recording => {
    const args: Record<string, Tensor> = {};
    try {
      let nth = 0;
      for (const [name, shape] of Object.entries(shapes)) args[name] = tf.fill(shape, value + nth++ / 1024);
      return record(args, () => compute(args));
    } finally {
      for (const tensor of Object.values(args)) tensor.dispose();
    }
  };
  const first = once(0.25);
  assertSame(first, once(0.75));
  return first;
}
