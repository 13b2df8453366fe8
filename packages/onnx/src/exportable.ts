import { faultsOf } from '@ddad/contract';
import type { z } from 'zod';
import { NotExportable } from './onnx-export.ts';

/**
 * What an export has to know of an artifact's specification, or of a run's result, which may be of another version.
 * @param what it is, for the message: `network KEY`
 * @throws NotExportable that lists every fault
 */
export function exportable<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const faults = faultsOf(found.error, value).map(({ path, message }) => `${path}: ${message}`);
  throw new NotExportable(`${what}: ${faults.join('; ')}`);
}
