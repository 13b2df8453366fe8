import { z } from 'zod';

/** How training processes compute, as the environment may set it. Spread into a schema for `readConfig`. */
export const stepsShape = {
  /** Training steps a call into TensorFlow; unset: 8 on a GPU, 1 on a processor. Decides no bytes. */
  STEPS_A_CALL: z.coerce.number().int().min(1).max(64).optional(),
};
