import { hostPortSchema, mostSlots } from '@ddad/contract';
import { advertiseSetting, limitsShape, stepsShape, workerIdSetting } from '@ddad/jobs';
import { grpcShape, logShape, methodsShape, natsShape, operationsShape, storeShape } from '@ddad/platform';
import { tracingShape } from '@ddad/tracing';
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
  ...tracingShape,
  TRAINER_ID: workerIdSetting,
  /** host:port to listen on; port 0 takes a free one. */
  TRAINER_LISTEN: hostPortSchema.default('127.0.0.1:0'),
  TRAINER_ADVERTISE: advertiseSetting,
  /** Intra-op threads of a training process. Part of what decides a member's bytes. */
  TRAINER_THREADS: z.coerce.number().int().min(1).max(256).default(1),
  /** Members at a time: more than one pays on a GPU, which one small network does not fill. */
  TRAINER_SLOTS: z.coerce.number().int().min(1).max(mostSlots).default(1),
  /** 1: XLA compiles parts of a training step; `make gpu-check` says whether that pays. It rounds otherwise: part of what decides bytes. */
  XLA: z
    .enum(['0', '1'])
    .default('0')
    .transform((value) => value === '1'),
  /** Directory for datasets, checkpoints and weights on their way. */
  SCRATCH_DIR: z.string().min(1),
});
export type TrainerConfig = z.infer<typeof trainerConfig>;
