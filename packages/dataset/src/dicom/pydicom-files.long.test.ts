import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scratchFolder, testPython } from '../testing-pillow.ts';
import { type OpenedDicom, openDicom } from './decode-dicom.ts';
import { isDicom } from './dicom-file.ts';

// Every file of the PyPI packages pydicom and pydicom-data: what those who keep pydicom have met in twenty years.

interface ListedFile {
  file: string;
  /** That pydicom gives; null where the file has no pixels. */
  frames: number | null;
}

const area = 512 * 512;
const { dir, remove } = scratchFolder();
afterAll(remove);
/** What became of each file: the largest difference over its frames in grey levels, or why it was refused. */
const outcomes = new Map<string, { frames: number; difference: number } | { refused: string }>();
let listed: ListedFile[];

beforeAll(async () => {
  const script = join(import.meta.dirname, 'pydicom-files.testing.py');
  execFileSync(testPython(), [script, dir], { timeout: 400_000, stdio: ['ignore', 'ignore', 'pipe'] });
  listed = JSON.parse(readFileSync(join(dir, 'files.json'), 'utf8')) as ListedFile[];
  const reference = readFileSync(join(dir, 'reference.u8'));
  let at = 0;
  for (const { file, frames } of listed) {
    outcomes.set(file, await outcome(file, reference.subarray(at, at + (frames ?? 0) * area)));
    at += (frames ?? 0) * area;
  }
}, 500_000);

async function outcome(file: string, reference: Buffer) {
  const bytes = readFileSync(file);
  if (!isDicom(bytes)) return { refused: 'no DICOM file' };
  try {
    const opened: OpenedDicom = openDicom(bytes);
    let difference = 0;
    for (let frame = 0; frame < opened.frames; frame++) {
      const { pixels } = await opened.decode(frame, 1);
      const expected = reference.subarray(frame * area, (frame + 1) * area);
      for (let i = 0; i < expected.length; i++) {
        difference = Math.max(difference, Math.abs(pixels[i]! - expected[i]!));
      }
    }
    return { frames: opened.frames, difference };
  } catch (error) {
    if (error instanceof Error && error.name === 'UnreadableImage') return { refused: error.message };
    throw error;
  }
}

test('all that pydicom reads is equal to it within one grey level, frame by frame: 168 files of 174 with pixels', () => {
  const withPixels = listed.filter(({ frames }) => frames !== null);
  const read = withPixels.filter(({ frames }) => frames !== 0);
  const wrong = read.flatMap(({ file, frames }) => {
    const found = outcomes.get(file)!;
    const equal = 'difference' in found && found.frames === frames && found.difference <= 1;
    return equal ? [] : [{ file: basename(file), frames, ...found }];
  });
  expect(wrong).toEqual([]);
  expect([read.length, withPixels.length]).toEqual([168, 174]);
  expect(read.length / withPixels.length).toBeGreaterThan(0.95);
});

test('what pydicom gives no pixels of is read right, or refused with what is wrong with it', async () => {
  const refused = Object.fromEntries(
    listed
      .filter(({ frames }) => frames === 0)
      .map(({ file }) => [basename(file), outcomes.get(file)])
      .filter(([, found]) => typeof found === 'object' && 'refused' in found)
      .map(([name, found]) => [name, (found as { refused: string }).refused]),
  );
  const nothingSaid =
    'DICOM: expected rows and columns, got 0 rows and 0 columns; ' +
    'expected a grey, palette, RGB or YBR image, got Photometric Interpretation none that is known; ' +
    'expected 1, 8, 16 or 32 bits allocated, got none';
  expect(refused).toEqual({
    // A sequence delimiter stands in the middle of the codestream's size.
    'JPEG2000-embedded-sequence-delimiter.dcm':
      'DICOM: expected a frame of 256x1024 of 1 sample, at most 16 bit, got 3722445056x1024 of 1 sample, 16 bit',
    'MR_truncated.dcm': 'DICOM: expected 8192 bytes of pixels, got 8130',
    // Number of Frames is "1A".
    'badVR.dcm': 'DICOM: expected a whole number of frames, got another text',
    'meta_missing_tsyntax.dcm': nothingSaid,
    'nested_priv_SQ.dcm': nothingSaid,
  });
  // Its scan header is damaged, which libjpeg passes over; the picture is that of JPGExtended.dcm, coded anew.
  const decoded = async (name: string) => {
    const { file } = listed.find((one) => basename(one.file) === name)!;
    return (await openDicom(readFileSync(file)).decode(0, 1)).pixels;
  };
  const [damaged, whole] = [await decoded('JPEG-lossy.dcm'), await decoded('JPGExtended.dcm')];
  const sum = whole.reduce((total, value, i) => total + Math.abs(value - damaged[i]!), 0);
  expect(sum / area).toBeLessThan(1);
});

test('an object without an image is told as what it is', () => {
  const told = Map.groupBy(
    listed.filter(({ frames }) => frames === null),
    ({ file }) => {
      const found = outcomes.get(file)!;
      return 'refused' in found ? found.refused : 'read';
    },
  );
  const names = (message: string) => told.get(message)?.map(({ file }) => basename(file));
  const none = (kind: string) => names(`DICOM: expected an image, got ${kind}, which has none`);
  expect(none('a Structured Report')).toEqual([
    'reportsi.dcm',
    'reportsi_with_empty_number_tags.dcm',
    'test-SR.dcm',
  ]);
  expect(none('a DICOMDIR')).toHaveLength(8);
  expect(none('an RT Plan')).toEqual(['rtplan.dcm']);
  expect(none('an RT Ion Plan')).toEqual(['ExplVR_BigEndNoMeta.dcm', 'ExplVR_LitEndNoMeta.dcm']);
  expect(none('an RT Structure Set')).toEqual(['rtstruct.dcm']);
  expect(none('a waveform')).toEqual(['waveform_ecg.dcm']);
  expect(none('a colour palette')).toHaveLength(8);
  // Pixels were taken out of a CT series of 50, and of a few others.
  expect(names('DICOM: expected an image, got an object without Pixel Data')!.length).toBeGreaterThan(50);
  expect(names('DICOM: expected a whole file, got one that is cut off within (300A,00B0)')).toEqual([
    'rtplan_truncated.dcm',
  ]);
  // Its first byte is none of a DICOM file.
  expect(names('no DICOM file')).toEqual(['no_meta.dcm']);
  // What ends without the delimiter of its last fragment is whole all the same; pydicom leaves the element out.
  expect(names('read')).toEqual(['emri_small_jpeg_2k_lossless_too_short.dcm']);
});
