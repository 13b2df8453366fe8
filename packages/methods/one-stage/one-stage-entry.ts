import type { Method } from '@ddad/contract';
import type { MethodEntry } from '../registry.ts';
import type { OneStageDefinition } from './definition.ts';
import { oneStageKinds } from './kinds.ts';
import { oneStageMethod } from './method.ts';

/** All that a one-stage method is, from its definition. */
export function oneStageEntry(definition: OneStageDefinition): MethodEntry {
  const planned = { definition, kinds: oneStageKinds(definition) };
  return {
    method: oneStageMethod(planned) as unknown as Method,
    makers: async () => (await import('./makers.ts')).oneStageMakers(planned),
    onnx: async () => (await import('./onnx/index.ts')).oneStageOnnx(planned),
    comparedAs: ({ unlabeled }) => [
      { row: unlabeled === undefined ? definition.name : `${definition.name}-unlabeled`, score: 'predicted' },
    ],
    usage: `\
  {"unlabeled": 0, "epochs": 250, "batchSize": 64, "learningRate": 0.001}
  ${definition.summary}
  "unlabeled"         above 0: patches come from so many unlabeled images as well (the paper's ${definition.shortTitle}*)`,
  };
}
