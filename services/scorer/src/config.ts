import { hostPortSchema, mostSlots } from '@ddad/contract';
import { advertiseSetting, limitsShape, stepsShape, workerIdSetting } from '@ddad/jobs';
import { grpcShape, logShape, methodsShape, natsShape, operationsShape, storeShape } from '@ddad/platform';
import { tracingShape } from '@ddad/tracing';
import { z } from 'zod';

/** Environment of a scorer. */
export const scorerConfig = z.object({
  ...natsShape,
  ...storeShape,
  ...grpcShape,
  ...limitsShape,
  ...stepsShape,
  ...methodsShape,
  ...logShape,
  ...operationsShape,
  ...tracingShape,
  SCORER_ID: workerIdSetting,
  /** host:port to listen on; port 0 takes a free one. */
  SCORER_LISTEN: hostPortSchema.default('127.0.0.1:0'),
  SCORER_ADVERTISE: advertiseSetting,
  /** Intra-op threads of a scoring process. Part of what decides an artifact's bytes. */
  SCORER_THREADS: z.coerce.number().int().min(1).max(256).default(1),
  /** Jobs at a time: two, as both refiners of a run are trained at once. */
  SCORER_SLOTS: z.coerce.number().int().min(1).max(mostSlots).default(2),
  /** Directory for datasets, checkpoints, maps and weights on their way. */
  SCRATCH_DIR: z.string().min(1),
});
