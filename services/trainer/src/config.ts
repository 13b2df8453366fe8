import { hostname } from 'node:os';
import { limitsShape, stepsShape } from '@ddad/jobs';
import {
  grpcShape,
  hostPortSchema,
  logShape,
  methodsShape,
  natsShape,
  operationsShape,
  storeShape,
} from '@ddad/platform';
import { z } from 'zod';

/** Environment of a trainer. */
export const trainerConfig = z.object({
  ...natsShape,
  ...storeShape,
  ...grpcShape,
  ...limitsShape,
  ...stepsShape,
  ...methodsShape,
  ...logShape,
  ...operationsShape,
  /**
   * Name under which it announces itself; no two instances that are there at once share one. An instance that is started
   * again under its name cleans up what the one before it left in scratch.
   */
  TRAINER_ID: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/, 'expected 1 to 100 letters, digits, "_", "-"')
    .default(() => `${hostname().replace(/[^A-Za-z0-9_-]/g, '-')}-${Math.random().toString(36).slice(2, 8)}`),
  /** host:port to listen on; port 0 takes a free one. */
  TRAINER_LISTEN: hostPortSchema.default('127.0.0.1:0'),
  /** Host under which others reach it, where that is not the one it listens on. */
  TRAINER_ADVERTISE: z.string().optional(),
  /** Intra-op threads of a training process. Part of what decides a member's bytes. */
  TRAINER_THREADS: z.coerce.number().int().min(1).max(256).default(1),
  /** Members at a time: more than one pays on a GPU, which one small network does not fill. */
  TRAINER_SLOTS: z.coerce.number().int().min(1).max(64).default(1),
  /** 1: XLA compiles parts of a training step; `make gpu-check` says whether that pays. It rounds otherwise: part of what decides bytes. */
  XLA: z
    .enum(['0', '1'])
    .default('0')
    .transform((value) => value === '1'),
  /** Directory for datasets, checkpoints and weights on their way. */
  SCRATCH_DIR: z.string().min(1),
});
export type TrainerConfig = z.infer<typeof trainerConfig>;
