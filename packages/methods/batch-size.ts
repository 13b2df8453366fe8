import type { BatchSize, Method } from '@ddad/contract';
import type { z } from 'zod';

/**
 * What the coordinator holds against the number of images there are: the field `batchSize`, where it could be read.
 * @param schema of the field
 */
export const batchSizeOf =
  (schema: z.ZodType<number>): NonNullable<Method['batchSizes']> =>
  (given): BatchSize[] => {
    const parsed = schema.safeParse(given.batchSize);
    return parsed.success ? [{ path: 'batchSize', size: parsed.data }] : [];
  };
