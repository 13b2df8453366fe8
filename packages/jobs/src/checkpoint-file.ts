import { readFile, rename, writeFile } from 'node:fs/promises';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';

/** A tensor's values, as the safetensors codec has them. */
interface TensorValues {
  shape: number[];
  data: Float32Array;
}

/** Everything needed to go on with a training: what the step holds, and where its loop was. */
export interface TrainingState {
  /** Steps done; epoch and place in it follow from it. */
  steps: number;
  /** Weights, buffers, optimiser moments. */
  tensors: Map<string, TensorValues>;
  /** Sum of the losses of the epoch under way. */
  lossSum: number;
  /** Mean loss of each finished epoch. */
  history: number[];
  /** Wall time so far. */
  seconds: number;
}

/** Writes it as safetensors, beside `path` first, so that `path` is whole or absent. */
export async function writeCheckpointFile(path: string, state: TrainingState): Promise<void> {
  const { steps, lossSum, history, seconds } = state;
  const loop = JSON.stringify({ steps, lossSum, history, seconds });
  await writeFile(`${path}.part`, encodeSafetensors(state.tensors, { format: 'ddad-checkpoint-1', loop }));
  await rename(`${path}.part`, path);
}

/** @throws Error on a file that is cut short or of another format, saying what was expected and what came */
export async function readCheckpointFile(path: string): Promise<TrainingState> {
  const { tensors, metadata } = decodeSafetensors(await readFile(path));
  if (metadata.format !== 'ddad-checkpoint-1') {
    throw new Error(`checkpoint: expected format ddad-checkpoint-1, got ${metadata.format ?? 'none'}`);
  }
  return { ...readLoop(metadata.loop ?? 'null'), tensors };
}

function readLoop(text: string): Omit<TrainingState, 'tensors'> {
  const loop = JSON.parse(text) as Partial<TrainingState> | null;
  const { steps, lossSum, history, seconds } = loop ?? {};
  const numbers = [steps, lossSum, seconds, ...(Array.isArray(history) ? history : [null])];
  if (!numbers.every(Number.isFinite)) {
    throw new Error(`checkpoint: expected steps, lossSum, history and seconds, got ${text.slice(0, 100)}`);
  }
  return loop as TrainingState;
}
