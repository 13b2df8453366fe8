import { readFile, rename, writeFile } from 'node:fs/promises';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { z } from 'zod';
import type { EpochFigures, Sums } from './epoch-figures.ts';

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
  /** Sum of the losses of the epoch under way; 0 where `phases` has it. */
  lossSum: number;
  /** Mean loss of each finished epoch. */
  history: number[];
  /** Wall time so far. */
  seconds: number;
  /** Of a training with named phases: the steps of each, sums of the epoch under way, means of each finished epoch. */
  phases?: { stepsOf: Record<string, number>; sums: Sums; figures: EpochFigures[] };
}

/** Writes it as safetensors, beside `path` first, so that `path` is whole or absent. */
export async function writeCheckpointFile(path: string, state: TrainingState): Promise<void> {
  const { steps, lossSum, history, seconds, phases } = state;
  const loop = JSON.stringify({ steps, lossSum, history, seconds, phases });
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

const figures = z.record(z.string(), z.number());
const loopSchema = z.object({
  steps: z.int().nonnegative(),
  lossSum: z.number(),
  history: z.array(z.number()),
  seconds: z.number(),
  phases: z
    .object({
      stepsOf: z.record(z.string(), z.int().nonnegative()),
      sums: z.record(z.string(), z.tuple([z.number(), z.int().positive()])),
      figures: z.array(figures),
    })
    .optional(),
});

function readLoop(text: string): Omit<TrainingState, 'tensors'> {
  const { success, data } = loopSchema.safeParse(JSON.parse(text));
  if (!success)
    throw new Error(`checkpoint: expected steps, lossSum, history and seconds, got ${text.slice(0, 100)}`);
  const { phases, ...others } = data;
  return phases === undefined ? others : { ...others, phases };
}
