import type { MethodRegistry } from '@ddad/methods';
import type { OnnxExport } from '@ddad/onnx';
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
