import type { RunResult } from '@ddad/contract';
import type { MethodEntry } from '@ddad/methods';
import { entry as small } from '@ddad/methods/small-method.testing';
import { type ArtifactReader, NotExportable } from '@ddad/onnx';
import { inventedExport, inventedModel } from '@ddad/onnx/testing';

/** As a module of a further method has it: it says of a run how many weights it found in the store. */
export const entry: MethodEntry = { ...small, onnx: async () => inventedExport({ pipeline }) };

async function pipeline({ artifacts: { weights: key } }: RunResult, reader: ArtifactReader) {
  if (key === undefined) throw new NotExportable('expected an artifact weights, got none');
  // For as long as nobody ends the process.
  if (key === null) await new Promise((resolve) => setTimeout(resolve, 600_000));
  const weights = await reader.tensors({ kind: 'trained-small', key: key ?? '' }, 'weights');
  return {
    imageSize: 64,
    facts: { weights: weights.get('weights')?.data.length },
    testMaps: [],
    weightBytes: 0,
    parts: 'nothing',
    build: async (...args: Parameters<typeof inventedModel>) => inventedModel(...args),
  };
}
