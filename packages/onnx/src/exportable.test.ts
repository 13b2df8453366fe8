import { expect, test } from 'vitest';
import { z } from 'zod';
import { exportable } from './exportable.ts';
import { NotExportable } from './onnx-export.ts';

const schema = z.object({ imageSize: z.int(), width: z.int() });

test('gives what an export has to know of a specification, and leaves out the rest of it', () => {
  expect(exportable(schema, { imageSize: 64, width: 8, seed: 1 }, 'network a')).toEqual({
    imageSize: 64,
    width: 8,
  });
});

test('what lacks it cannot be exported, and is told with every fault', () => {
  const read = () => exportable(schema, { imageSize: 'big' }, 'network a');
  expect(read).toThrow(NotExportable);
  expect(read).toThrow(/^network a: imageSize: expected .*got "big"; width: .*/);
});
