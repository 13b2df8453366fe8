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

/** Writes a recording anew with ops put in between. */
class Rewriting {
  readonly ops: RecordedOp[] = [];
  /** Where an op of the given recording is now. */
  readonly #places: number[] = [];
  readonly #rounded = new Map<string, Source>();

  moved(source: Source): Source {
    return source.from === 'op' ? { ...source, index: this.#places[source.index] } : source;
  }

  add(op: RecordedOp): Source {
    return { from: 'op', index: this.ops.push(op) - 1, output: 0 };
  }

  /** The next op of the given recording is now at `source`. */
  place(source: Source): void {
    this.#places.push((source as { index: number }).index);
  }

  cast(source: Source, from: number, to: number): Source {
    const { TF_ATTR_TYPE: type } = backend().binding;
    const attributes = [
      { name: 'SrcT', type, value: from },
      { name: 'DstT', type, value: to },
    ];
    return this.add({ op: 'Cast', attributes, inputs: [source] });
  }

  /** A value in bfloat16, rounded once however many ops read it. */
  rounded(source: Source): Source {
    const key = JSON.stringify(source);
    const known = this.#rounded.get(key);
    if (known !== undefined) return known;
    const result = this.cast(source, backend().binding.TF_FLOAT, bfloat16);
    this.#rounded.set(key, result);
    return result;
  }
}

/**
 * The same computation with its matrix products and convolutions in bfloat16: operands are rounded to it, and results are
 * float32 again. Inside of a product TensorFlow's kernels (oneDNN) sum in float32; all else stays float32.
 * @param arguments_ only products in which one of these arguments has a part, directly or through others, are changed
 */
export function productsInBfloat16(recording: Recording, arguments_: readonly string[]): Recording {
  const { TF_FLOAT } = backend().binding;
  const rewriting = new Rewriting();
  const concerned: boolean[] = [];
  const concerns = (source: Source): boolean => {
    if (source.from === 'argument') return arguments_.includes(source.name);
    return source.from === 'op' && concerned[source.index];
  };
  for (const { op, attributes, inputs } of recording.ops) {
    const depends = inputs.some(concerns);
    concerned.push(depends);
    const factors = depends ? products[op] : undefined;
    if (factors === undefined) {
      rewriting.place(rewriting.add({ op, attributes, inputs: inputs.map((one) => rewriting.moved(one)) }));
      continue;
    }
    const product = rewriting.add({
      op,
      attributes: attributes.map((one) => (one.name === 'T' ? { ...one, value: bfloat16 } : one)),
      inputs: inputs.map((source, i) => {
        const moved = rewriting.moved(source);
        return factors.includes(i) ? rewriting.rounded(moved) : moved;
      }),
    });
    rewriting.place(rewriting.cast(product, bfloat16, TF_FLOAT));
  }
  const results = recording.results.map((one) => ({ ...one, source: rewriting.moved(one.source) }));
  return { ops: rewriting.ops, constants: recording.constants, results };
}
