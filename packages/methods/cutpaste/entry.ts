import type { Method } from '@ddad/contract';
import { givenWeights } from '../pretrained-resnet18.ts';
import type { MethodEntry } from '../registry.ts';
import { cutPaste } from './method.ts';
import { usage } from './usage.ts';

export const entry: MethodEntry = {
  method: cutPaste as unknown as Method,
  makers: async () => (await import('./makers.ts')).makers,
  onnx: async () => (await import('./onnx/index.ts')).onnx,
  comparedAs: (result) => [
    {
      row: result.pretrained === undefined ? 'cutpaste' : 'cutpaste-pretrained',
      score: 'mahalanobis',
      unlike: givenWeights(result),
    },
  ],
  usage,
};
