import { firstNotFinite, readSafetensors, verifyTensors, writeSafetensors } from '@ddad/storage/safetensors';
import { z } from 'zod';

/** A tensor's values, as the safetensors codec has them. */
interface TensorValues {
  shape: number[];
  data: Float32Array;
}

const loopSchema = z.object({
  /** Steps done; epoch and place in it follow from it. */
  steps: z.int().min(0),
  /** Sum of the losses of the epoch under way; 0 where `phases` has it. */
  lossSum: z.number(),
  /** Mean loss of each finished epoch. */
  history: z.array(z.number()),
  /** Wall time so far. */
  seconds: z.number().min(0),
  /** Of a training with named phases: the steps of each, sums of the epoch under way, means of each finished epoch. */
  phases: z
    .object({
      stepsOf: z.record(z.string(), z.int().min(0)),
      sums: z.record(z.string(), z.tuple([z.number(), z.int().positive()])),
      figures: z.array(z.record(z.string(), z.number())),
    })
    .optional(),
});

/** Everything needed to go on with a training: what the step holds, and where its loop was. */
export interface TrainingState extends z.infer<typeof loopSchema> {
  /** Weights, buffers, optimiser moments. */
  tensors: Map<string, TensorValues>;
}

const format = 'ddad-checkpoint-1';

/** A file that is no checkpoint, whatever its bytes are. */
export class MalformedCheckpoint extends Error {
  override readonly name = 'MalformedCheckpoint';

  constructor(message: string) {
    super(`checkpoint: ${message}`);
  }
}

/** Writes it as safetensors; `path` is whole or absent. */
export async function writeCheckpointFile(path: string, state: TrainingState): Promise<void> {
  const { steps, lossSum, history, seconds, phases } = state;
  const loop = JSON.stringify({ steps, lossSum, history, seconds, phases });
  await writeSafetensors(path, state.tensors, { format, loop });
}

/**
 * Proves that a file is a checkpoint that a training may go on from, as far as one can tell who does not know the network: it is
 * whole, every value is finite, and it says where the loop was. Keeps none of it in memory.
 * @throws MalformedSafetensors, NotFinite or MalformedCheckpoint saying what was expected and what came
 */
export async function verifyCheckpointFile(path: string): Promise<void> {
  const { metadata } = await verifyTensors(path);
  readLoop(metadata);
}

/**
 * Reads a checkpoint into memory.
 * @throws as `verifyCheckpointFile` does
 */
export async function readCheckpointFile(path: string): Promise<TrainingState> {
  const { tensors, metadata } = await readSafetensors(path);
  const loop = readLoop(metadata);
  for (const [name, { data }] of tensors) {
    const at = firstNotFinite(data);
    if (at === -1) continue;
    throw new MalformedCheckpoint(`${name}: expected finite numbers, got ${data[at]} at place ${at}`);
  }
  return { ...loop, tensors };
}

function readLoop(metadata: Readonly<Record<string, string>>): z.infer<typeof loopSchema> {
  if (metadata.format !== format) {
    throw new MalformedCheckpoint(`expected format ${format}, got ${metadata.format ?? 'none'}`);
  }
  const text = metadata.loop ?? 'null';
  const parsed = loopSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new MalformedCheckpoint(`expected steps, lossSum, history and seconds, got ${text.slice(0, 100)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
