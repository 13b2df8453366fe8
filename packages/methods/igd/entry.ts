import type { Method } from '@ddad/contract';
import { givenWeights } from '../pretrained-resnet18.ts';
import type { MethodEntry } from '../registry.ts';
import { igd } from './method.ts';
import { usage } from './usage.ts';

export const entry: MethodEntry = {
  method: igd as unknown as Method,
  makers: async () => (await import('./makers.ts')).makers,
  onnx: async () => (await import('./onnx/index.ts')).onnx,
  comparedAs: (result) => [{ row: 'igd', score: 'igd', unlike: givenWeights(result) }],
  usage,
};
