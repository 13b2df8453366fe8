import { z } from 'zod';
import { defaultLimits, type JobLimits } from './job.ts';

/** Limits of jobs that the environment may set. Spread into a schema for `readConfig`. */
export const limitsShape = {
  /** Seconds between two checkpoints of a training: what a killed one repeats at most. */
  CHECKPOINT_INTERVAL_S: z.coerce
    .number()
    .min(0.1)
    .max(3600)
    .default(defaultLimits.checkpointMs / 1000),
  /** Seconds without a step after which a process counts as hung, unless 20 times its median step is longer. */
  STALL_LIMIT_S: z.coerce
    .number()
    .min(1)
    .max(3600)
    .default(defaultLimits.stallMs / 1000),
};

/** Brings the settings of `limitsShape` together, as `JobHost` takes them. */
export function limitsOf(config: z.output<z.ZodObject<typeof limitsShape>>): Partial<JobLimits> {
  return { checkpointMs: config.CHECKPOINT_INTERVAL_S * 1000, stallMs: config.STALL_LIMIT_S * 1000 };
}
