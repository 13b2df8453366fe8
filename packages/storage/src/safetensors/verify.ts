import { openSafetensors, type TensorFile } from './reader.ts';

/** A value of a tensor that is no number, or an infinity. */
export class NotFinite extends Error {
  override readonly name = 'NotFinite';
  readonly tensor: string;
  /** Position in each dimension; empty for a scalar. */
  readonly index: readonly number[];
  readonly value: number;

  constructor(tensor: string, index: readonly number[], value: number) {
    super(`safetensors: ${tensor}[${index.join(', ')}]: expected a finite number, got ${value}`);
    this.tensor = tensor;
    this.index = index;
    this.value = value;
  }
}

/** Values at a time: 4 MiB. */
const pieceValues = 2 ** 20;

/**
 * Proves that a safetensors file is whole and that every value of every tensor in it is finite, reading it in pieces.
 * @returns what it holds, so that names and shapes can be compared with what they should be
 * @throws NotFinite naming the first value that is not; MalformedSafetensors where it is no such file
 */
export async function verifyTensors(path: string): Promise<Pick<TensorFile, 'shapes' | 'metadata'>> {
  const file = await openSafetensors(path);
  try {
    for (const [name, shape] of file.shapes) {
      let before = 0;
      for await (const piece of file.pieces(name, pieceValues)) {
        const at = firstNotFinite(piece);
        if (at !== -1) throw new NotFinite(name, indexOf(before + at, shape), piece[at] ?? Number.NaN);
        before += piece.length;
      }
    }
    return { shapes: file.shapes, metadata: file.metadata };
  } finally {
    await file.close();
  }
}

/** Position of the first value that is not finite; -1 where all are. */
export function firstNotFinite(values: Float32Array): number {
  // Several times as fast as findIndex, whose callback costs more than the test.
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) return i;
  return -1;
}

function indexOf(position: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = position;
  for (const side of shape.toReversed()) {
    index.unshift(rest % side);
    rest = Math.floor(rest / side);
  }
  return index;
}
