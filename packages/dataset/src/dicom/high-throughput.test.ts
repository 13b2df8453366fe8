import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import loadOpenJph from '@cornerstonejs/codec-openjph/wasmjs';
import { afterAll, expect, test } from 'vitest';
import { runPillow, scratchFolder } from '../testing-pillow.ts';
import { decodeHighThroughput, decodeJpegLs } from './codecs.ts';
import { openDicom } from './decode-dicom.ts';
import { dicomPart10, element, word } from './write-elements.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

const [columns, rows] = [70, 90];
interface Picture {
  name: string;
  bits: number;
  signed: boolean;
  samples: 1 | 3;
}

/** An HTJ2K frame in a DICOM file, made by OpenJPH's encoder, which pydicom's OpenJPEG knows nothing of. */
async function write({ name, bits, signed, samples }: Picture): Promise<void> {
  const { HTJ2KEncoder } = await loadOpenJph({ print: () => {}, printErr: () => {} });
  const encoder = new HTJ2KEncoder();
  const frame = { width: columns, height: rows, bitsPerSample: bits, componentCount: samples };
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const values = Array.from({ length: columns * rows * samples }, (_, i) => {
    const [pixel, sample] = [Math.floor(i / samples), i % samples];
    return low + ((Math.imul(pixel % columns, 37 + sample) + Math.floor(pixel / columns) * 11) % 2 ** bits);
  });
  const stored = bits > 8 ? Int16Array.from(values) : Int8Array.from(values);
  encoder
    .getDecodedBuffer({ ...frame, isSigned: signed, isUsingColorTransform: samples === 3 })
    .set(new Uint8Array(stored.buffer));
  encoder.setQuality(true, 0);
  encoder.encode();
  const coded = Buffer.from(encoder.getEncodedBuffer());
  encoder.delete();
  const item = (bytes: Buffer) => {
    const head = Buffer.from('feff00e000000000', 'hex');
    head.writeUInt32LE(bytes.length + (bytes.length % 2), 4);
    return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
  };
  const pixels = Buffer.concat([
    Buffer.from('e07f10004f420000ffffffff', 'hex'),
    item(Buffer.alloc(0)),
    item(coded),
    Buffer.from('feffdde000000000', 'hex'),
  ]);
  const allocated = bits > 8 ? 16 : 8;
  const file = dicomPart10(
    [element('00020010', 'UI', '1.2.840.10008.1.2.4.201')],
    [
      element('00280002', 'US', word(samples)),
      element('00280004', 'CS', samples === 3 ? 'YBR_RCT' : 'MONOCHROME2'),
      ...(samples === 3 ? [element('00280006', 'US', word(0))] : []),
      element('00280010', 'US', word(rows)),
      element('00280011', 'US', word(columns)),
      element('00280100', 'US', word(allocated)),
      element('00280101', 'US', word(bits)),
      element('00280102', 'US', word(bits - 1)),
      element('00280103', 'US', word(signed ? 1 : 0)),
      pixels,
    ],
  );
  writeFileSync(join(dir, `${name}.dcm`), file);
}

const reference = `
import sys
import numpy as np
import pydicom
from PIL import Image
for path in sys.argv[1:]:
    values = pydicom.dcmread(path).pixel_array
    if values.dtype != np.uint8:
        values = values.astype(np.float64)
        values = ((values - values.min()) / (values.max() - values.min()) * 255).astype(np.uint8)
    image = Image.fromarray(values).convert('L').resize((512, 512), Image.BILINEAR)
    open(path.replace('.dcm', '.ref'), 'wb').write(image.tobytes())
`;

test('High-Throughput JPEG 2000 is what pydicom makes of it', async () => {
  const pictures: Picture[] = [
    { name: 'u8', bits: 8, signed: false, samples: 1 },
    { name: 'u12', bits: 12, signed: false, samples: 1 },
    { name: 's16', bits: 16, signed: true, samples: 1 },
    { name: 'rgb', bits: 8, signed: false, samples: 3 },
  ];
  for (const picture of pictures) await write(picture);
  runPillow(reference, ...pictures.map(({ name }) => join(dir, `${name}.dcm`)));
  const damaged = Uint8Array.of(1, 2, 3, 4);
  for (const { name } of pictures) {
    // Neither another coding before nor a damaged frame does harm to what comes after.
    await expect(decodeJpegLs(damaged)).rejects.toBeDefined();
    await decodeHighThroughput(damaged).catch(() => {});
    const { pixels } = await openDicom(readFileSync(join(dir, `${name}.dcm`))).decode(0, 1);
    expect([name, readFileSync(join(dir, `${name}.ref`)).equals(pixels)]).toEqual([name, true]);
  }
});
