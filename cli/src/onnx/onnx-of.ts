import type { MethodRegistry } from '@ddad/methods';
import { NotExportable, type OnnxExport } from '@ddad/onnx';
import { CommandFailure } from '../failure.ts';

/**
 * A method's export to ONNX.
 * @throws CommandFailure that names the methods that have one, where this one has none or is unknown
 */
export async function onnxOf(methods: MethodRegistry, method: string): Promise<OnnxExport> {
  const load = methods.entry(method)?.onnx;
  if (load !== undefined) return load();
  const able = methods.entries.flatMap((entry) => (entry.onnx === undefined ? [] : entry.method.name));
  throw new CommandFailure(
    `method ${method} has no export to ONNX; methods that have one: ${able.length === 0 ? 'none' : able.join(', ')}`,
  );
}

/** Tells the user in one message what cannot be exported. */
export async function orCommandFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NotExportable)) throw error;
    throw new CommandFailure(error.message, undefined, { cause: error });
  }
}
