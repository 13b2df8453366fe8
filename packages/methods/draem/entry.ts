import type { Method } from '@ddad/contract';
import type { MethodEntry } from '../registry.ts';
import { draem } from './method.ts';
import { usage } from './usage.ts';

export const entry: MethodEntry = {
  method: draem as unknown as Method,
  makers: async () => (await import('./makers.ts')).makers,
  onnx: async () => (await import('./onnx/index.ts')).onnx,
  comparedAs: () => [{ row: 'draem', score: 'probabilityPeak' }],
  usage,
};
