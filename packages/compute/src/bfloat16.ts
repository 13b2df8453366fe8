import type { RecordedOp, Recording, Source } from './recording.ts';
import { backend } from './tensorflow.ts';

/** DT_BFLOAT16 of tensorflow/core/framework/types.proto; tfjs knows no such type. */
const bfloat16 = 14;

/** Ops that are faster in bfloat16, each with its inputs that are numbers to multiply; the others are shapes. */
const products: Readonly<Record<string, readonly number[]>> = {
  MatMul: [0, 1],
  BatchMatMulV2: [0, 1],
  Conv2D: [0, 1],
  Conv2DBackpropInput: [1, 2],
  Conv2DBackpropFilter: [0, 2],
};

/**
 * Ops that hand maps from one product to the next, with their inputs that are maps: these stay in bfloat16 where they come in it,
 * which saves a pass over them. Batch normalisation still has its statistics, scale and offset, and computes, in float32.
 */
const carriers: Readonly<Record<string, readonly number[]>> = {
  FusedBatchNormV3: [0],
  FusedBatchNormGradV3: [0, 1],
  Relu: [0],
  ReluGrad: [0, 1],
  Reshape: [0],
  DepthToSpace: [0],
  Slice: [0],
};

/** Writes a recording anew with ops put in between. */
class Rewriting {
  readonly ops: RecordedOp[] = [];
  /** Where an op of the given recording is now, and whether its first output is in bfloat16. */
  readonly #places: { index: number; low: boolean }[] = [];
  readonly #casts = new Map<string, Source>();

  /** Adds what the next op of the given recording has become. */
  place(op: RecordedOp, low: boolean): void {
    this.#places.push({ index: this.ops.push(op) - 1, low });
  }

  isLow(source: Source): boolean {
    return source.from === 'op' && source.output === 0 && this.#places[source.index]!.low;
  }

  /** A value of the given recording as it was. */
  full(source: Source): Source {
    return this.isLow(source)
      ? this.#cast(source, bfloat16, backend().binding.TF_FLOAT)
      : this.#moved(source);
  }

  /** The same in bfloat16. */
  low(source: Source): Source {
    return this.isLow(source)
      ? this.#moved(source)
      : this.#cast(source, backend().binding.TF_FLOAT, bfloat16);
  }

  #moved(source: Source): Source {
    return source.from === 'op' ? { ...source, index: this.#places[source.index]!.index } : source;
  }

  /** Cast once, however many ops read it. */
  #cast(source: Source, from: number, to: number): Source {
    const key = JSON.stringify(source);
    const known = this.#casts.get(key);
    if (known !== undefined) return known;
    const { TF_ATTR_TYPE: type } = backend().binding;
    const attributes = [
      { name: 'SrcT', type, value: from },
      { name: 'DstT', type, value: to },
    ];
    const index = this.ops.push({ op: 'Cast', attributes, inputs: [this.#moved(source)] }) - 1;
    const result: Source = { from: 'op', index, output: 0 };
    this.#casts.set(key, result);
    return result;
  }
}

/**
 * The same computation with its matrix products and convolutions in bfloat16, and the maps on their way from one to the next:
 * TensorFlow's kernels (oneDNN) sum in float32. So what a product gives is rounded to bfloat16, gradients of weights too, which are float32 from
 * there on, as all else is: losses, BatchNorm, gradients of biases, the optimiser.
 * @param arguments_ only products in which one of these arguments has a part, directly or through others, are changed
 */
export function productsInBfloat16(recording: Recording, arguments_: readonly string[]): Recording {
  const rewriting = new Rewriting();
  const concerned: boolean[] = [];
  const concerns = (source: Source): boolean => {
    if (source.from === 'argument') return arguments_.includes(source.name);
    return source.from === 'op' && concerned[source.index]!;
  };
  const isProduct = (source: Source) => source.from === 'op' && recording.ops[source.index]!.op in products;
  /** Which inputs are to be in bfloat16; none where the op stays as it is. */
  const lowInputs = ({ op, inputs }: RecordedOp): readonly number[] => {
    const product = products[op];
    if (product !== undefined) return product;
    // A layer's bias, which oneDNN adds inside of the product.
    if (
      op === 'Add' &&
      isProduct(inputs[0]!) &&
      rewriting.isLow(inputs[0]!) &&
      inputs[1]!.from === 'argument'
    )
      return [0, 1];
    return op in carriers && rewriting.isLow(inputs[0]!) ? carriers[op]! : [];
  };
  for (const recorded of recording.ops) {
    const { op, attributes, inputs } = recorded;
    const depends = inputs.some(concerns);
    concerned.push(depends);
    const low = depends ? lowInputs(recorded) : [];
    rewriting.place(
      {
        op,
        attributes: attributes.map((one) =>
          one.name === 'T' && low.length > 0 ? { ...one, value: bfloat16 } : one,
        ),
        inputs: inputs.map((source, i) => (low.includes(i) ? rewriting.low(source) : rewriting.full(source))),
      },
      low.length > 0,
    );
  }
  const results = recording.results.map((one) => ({ ...one, source: rewriting.full(one.source) }));
  return { ops: rewriting.ops, constants: recording.constants, results };
}
