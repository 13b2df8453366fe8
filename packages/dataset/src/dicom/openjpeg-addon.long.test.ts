import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { runPillow } from '../testing-pillow.ts';
import { decodeJpeg2000 } from './codecs.ts';
import { jpeg2000Codestream, jpeg2000Head } from './coded-frame.ts';
import { framesOf } from './frames.ts';
import { readImageHeader } from './image-header.ts';
import { decodeNatively } from './openjpeg-addon.ts';

const files = `
import glob, os
import data_store, pydicom
for package in (pydicom.data, data_store):
    for file in sorted(glob.glob(os.path.dirname(package.__file__) + '/**/*.dcm', recursive=True)):
        print(file)
`;

/** The codestreams of a file, without their signs as decoders get them. */
function codestreams(file: string): Uint8Array[] {
  try {
    const image = readImageHeader(readFileSync(file));
    if (!image.header.encapsulated) return [];
    const frameBytes = framesOf(image);
    return Array.from({ length: image.header.frames }, (_, frame) => {
      const bytes = new Uint8Array(jpeg2000Codestream(frameBytes(frame)));
      const head = jpeg2000Head(bytes);
      for (let sample = 0; head !== null && sample < head.samples; sample++)
        bytes[head.precisionAt + 3 * sample]! &= 0x7f;
      return bytes;
    }).filter((bytes) => jpeg2000Head(bytes)?.highThroughput === false);
  } catch {
    // Those that cannot be read are others' to test.
    return [];
  }
}

test('every reversible JPEG 2000 of pydicom is what WebAssembly makes of it, to the bit', async () => {
  const natively: string[] = [];
  const left: string[] = [];
  for (const file of runPillow(files).trim().split('\n')) {
    for (const bytes of codestreams(file)) {
      const pixels = decodeNatively(bytes, jpeg2000Head(bytes)!);
      (pixels === null ? left : natively).push(basename(file));
      if (pixels === null) continue;
      const expected = (await decodeJpeg2000(bytes)).bytes;
      expect([basename(file), Buffer.compare(pixels, expected)]).toEqual([basename(file), 0]);
    }
  }
  expect(new Set(natively)).toEqual(
    new Set([
      ...[
        '693_J2KI.dcm',
        '693_J2KR.dcm',
        'J2K_pixelrep_mismatch.dcm',
        'MR2_J2KR.dcm',
        'MR_small_jp2klossless.dcm',
      ],
      ...['RG1_J2KR.dcm', 'RG3_J2KR.dcm', 'US1_J2KR.dcm', 'examples_jpeg2k.dcm', 'explicit_VR-UN.dcm'],
      ...['emri_small_jpeg_2k_lossless.dcm', 'emri_small_jpeg_2k_lossless_too_short.dcm'],
    ]),
  );
  // With loss, damaged, or of samples that say several precisions.
  expect(new Set(left)).toEqual(
    new Set([
      ...['GDCMJ2K_TextGBR.dcm', 'JPEG2000-embedded-sequence-delimiter.dcm', 'JPEG2000.dcm', 'MR2_J2KI.dcm'],
      ...['RG1_J2KI.dcm', 'RG3_J2KI.dcm', 'SC_rgb_gdcm_KY.dcm', 'US1_J2KI.dcm'],
    ]),
  );
}, 120_000);
