import type { z } from 'zod';

/** A field of a specification that is not told where it has its usual value, so that keys from before there was a choice stay. */
export const untoldWhere = (schema: z.ZodType<number>, usual: number) =>
  schema.refine((value) => value !== usual, `expected none for ${usual}, which is not told`).optional();
