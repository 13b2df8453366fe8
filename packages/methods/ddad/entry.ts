import type { MethodEntry } from '../registry.ts';
import { ddad } from './method.ts';
import { paperTables } from './paper-tables.ts';
import { unlikePaper } from './unlike-paper.ts';
import { usage } from './usage.ts';

export const entry: MethodEntry = {
  method: ddad,
  makers: async () => (await import('./makers.ts')).makers,
  onnx: async () => (await import('./onnx/index.ts')).onnx,
  tables: paperTables,
  comparedAs(result) {
    const row = `ddad-${String(result.backbone)}`;
    const unlike = unlikePaper(result);
    return [
      { row: `${row}-intra`, score: 'rIntra', unlike },
      { row: `${row}-dual`, score: 'rDual', unlike },
    ];
  },
  usage,
};
