import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decodeFile } from './decode-file.ts';
import { dicomFile } from './dicom/dicom-file.testing.ts';
import type { Reading } from './open-image.ts';
import { scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

const reading: Reading = { channels: 1, range: null, slices: null };
const dicom = dicomFile({ patient: '', name: '', columns: 2, values: [0, 1, 2, 3] });
function fileOf(name: string, content: Buffer): string {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
}

test('whatever a reader throws is a fault of every part of its file', async () => {
  const path = fileOf('one.dcm', dicom);
  const failing: Reading = {
    ...reading,
    get channels(): never {
      throw new TypeError('nobody foresaw this');
    },
  };
  const { parts } = await decodeFile({ path, parts: [1, 2], sizes: [8], reading: failing }, () => () => {});
  const fault = 'expected a whole image, reading it failed: TypeError';
  expect(parts).toEqual([{ fault }, { fault }]);
});
