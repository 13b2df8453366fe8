import type { MethodEntry } from '../registry.ts';
import { ddad } from './method.ts';
import { paperTables } from './paper-tables.ts';
import { usage } from './usage.ts';

export const entry: MethodEntry = {
  method: ddad,
  makers: async () => (await import('./makers.ts')).makers,
  onnx: async () => (await import('./onnx/index.ts')).onnx,
  tables: paperTables,
  comparedAs: ({ backbone }) => [
    { row: `ddad-${String(backbone)}-intra`, score: 'rIntra' },
    { row: `ddad-${String(backbone)}-dual`, score: 'rDual' },
  ],
  usage,
};
