import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../decode-image.ts';
import { runPillow, scratchFolder } from '../testing-pillow.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { openDicom } from './decode-dicom.ts';
import { dicomFile } from './dicom-file.testing.ts';
import { isDicom } from './dicom-file.ts';
import { element } from './write-elements.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);
beforeAll(() => {
  runPillow(readFileSync(join(import.meta.dirname, 'reference.testing.py'), 'utf8'), dir);
});

const file = (name: string) => readFileSync(join(dir, `${name}.dcm`));
/** Largest difference to what pydicom and Pillow make of the file, or of the one it was recoded from, in grey levels. */
async function difference(name: string, frame = 0): Promise<number> {
  const image = await openDicom(file(name)).decode(frame, 1);
  const own = `${frame === 0 ? name : `${name.split('-')[0]}.${frame + 1}`}.ref`;
  const reference = readFileSync(join(dir, existsSync(join(dir, own)) ? own : `${name.split('-')[0]}.ref`));
  expect([image.width, image.height, image.pixels.length]).toEqual([512, 512, reference.length]);
  return image.pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - reference[i]!)), 0);
}
async function refused(bytes: Buffer): Promise<string> {
  const error = await decodeImage(bytes).catch((thrown: unknown) => thrown);
  if (!(error instanceof UnreadableImage)) throw new Error('expected UnreadableImage', { cause: error });
  return error.message;
}

const depths = ['u8', 's8', 'u10', 's10', 'u12', 's12', 'u16', 's16'];
const lossless = [
  'implicit',
  'bigendian',
  'deflated',
  'rle',
  'jpegls',
  'jpeg2000',
  'lossless',
  'losslesssv1',
];

describe('against pydicom and Pillow', () => {
  test.each(depths)('%s is equal in every coding without loss', async (depth) => {
    const names = [depth, ...lossless.map((syntax) => `${depth}-${syntax}`)];
    const made = names.filter((name) => name !== 's8-jpeg2000');
    for (const name of made) expect([name, await difference(name)]).toEqual([name, 0]);
  });

  test.each(['u8-baseline', 'u8-extended'])('%s is within 2 levels of the picture', async (name) => {
    expect(await difference(name)).toBeLessThanOrEqual(2);
  });

  test.each([
    ['white is low: 8 bits, taken from the largest value', 'white8', 0],
    ['white is low: JPEG', 'white8-baseline', 2],
    ['white is low: 12 bits', 'white12', 0],
    ['a falling Rescale Slope turns grey round', 'falling', 0],
    ['a falling slope and low white cancel out', 'twice', 0],
    ['a rising slope changes nothing', 'rising', 0],
    ['bits above the stored ones do not count', 'above', 0],
    ['bits below the stored ones do not count', 'below', 0],
    ['one grey all over is black', 'flat', 0],
    ['colours', 'rgb', 0],
    ['colours in RLE', 'rgb-rle', 0],
    ['colours in JPEG 2000', 'rgb-jpeg2000', 0],
    ['colours in JPEG', 'rgb-baseline', 6],
    ['colours one after another', 'planar', 0],
    ['colours in JPEG Lossless', 'rgb-lossless', 0],
    ['colours in JPEG-LS', 'rgb-jpegls', 0],
    ['colours of 12 bits', 'rgb12', 0],
    ['luma and chroma', 'ybr', 1],
    ['luma and chroma in JPEG 2000, which does not turn them into colours', 'ybr-notransform', 1],
    ['colours in JPEG with a mark that says so', 'rgb-marked', 1],
    ['colours in JPEG by the header alone', 'rgb-unmarked', 1],
    ['32 bits', 'wide', 0],
    ['32 bits with a sign', 'wide-signed', 0],
    ['1 bit, whose frames need not begin at a byte', 'bits', 0],
    ['floating point', 'float', 0],
    ['floating point of 64 bits', 'double', 0],
    ['padding that lies above the picture', 'padded', 0],
    ['padding that lies below the picture', 'padded-signed', 0],
    ['padding over a range', 'padded-range', 0],
    ['padding where white is low', 'padded-low-white', 0],
    ['padding of 8 bits', 'padded-8', 0],
    ['8 bits in words that are turned round', 'grey8-words', 0],
  ])('%s', async (_what, name, tolerance) => expect(await difference(name)).toBeLessThanOrEqual(tolerance));
});

describe('what writers do beside the standard, or by its newer parts', () => {
  test.each([
    ['FF behind the end of a frame', 'u12-endsff'],
    ['a frame without the mark at its end', 'u12-noend'],
    ['a codestream with a sign under a header without one', 'u12-signedcode'],
    ['value representations of 2019', 'u12-newvrs'],
    ['an Extended Offset Table', 'u12-extendedtable'],
    ['0 as the number of frames', 'u12-zeroframes'],
    ['Explicit VR that is called implicit', 'u12-saysimplicit'],
    ['no preamble', 'u12-nopreamble'],
    ['no meta information, implicit', 'u12-nometa'],
    ['no meta information, explicit', 'u12-nometaexplicit'],
    ['no meta information, Big Endian', 'u12-nometabig'],
    ['a transfer syntax of another coding than the frame has', 'u12-wrongcode'],
  ])('%s', async (_what, name) => {
    expect(isDicom(file(name))).toBe(true);
    expect(await difference(name)).toBe(0);
  });
});

test.each(['frames', 'frames-rle', 'frames-jpeg2000', 'frames-jpegls'])(
  '%s: every frame is an image by itself',
  async (name) => {
    expect(openDicom(file(name)).frames).toBe(2);
    expect([await difference(name, 0), await difference(name, 1)]).toEqual([0, 0]);
    await expect(openDicom(file(name)).decode(2, 1)).rejects.toThrow('expected a frame of 1 to 2, got 3');
  },
);

describe('three channels', () => {
  const planes = (pixels: Uint8Array) =>
    [0, 1, 2].map((channel) =>
      Uint8Array.from({ length: pixels.length / 3 }, (_, i) => pixels[3 * i + channel]!),
    );
  test.each(['rgb', 'rgb-rle', 'rgb-jpeg2000', 'planar'])(
    'of %s are what Pillow makes of them',
    async (name) => {
      const { pixels, channels } = await openDicom(file(name)).decode(0, 3);
      expect(channels).toBe(3);
      expect(readFileSync(join(dir, 'rgb.colours')).equals(pixels)).toBe(true);
    },
  );

  test('of grey are three times the same', async () => {
    const grey = (await openDicom(file('u12')).decode(0, 1)).pixels;
    for (const plane of planes((await openDicom(file('u12')).decode(0, 3)).pixels))
      expect(plane).toEqual(grey);
  });
});

test.each(['u12', 'u12-deflated'])('%s may have anything in its preamble', async (name) => {
  const bytes = file(name);
  bytes.fill(0x49, 0, 128);
  expect((await decodeImage(bytes)).image).toEqual((await decodeImage(file('u12'))).image);
});

test('the patient is told apart from the image', async () => {
  expect((await decodeImage(file('u12'))).patient).toBe('SECRET-ID-77');
});

describe('refused with what was expected and what came', () => {
  test.each([
    ['palette', 'DICOM: expected a palette with the descriptors of three colours, got one without'],
    ['hsv', 'DICOM: expected a grey, palette, RGB or YBR image, got Photometric Interpretation HSV'],
    ['report', 'DICOM: expected an image, got a Structured Report, which has none'],
    ['absurd', 'DICOM: expected at most 67108864 pixels, got 60000x60000'],
    ['short', 'DICOM: expected 128000000 bytes of pixels, got 12600'],
  ])('%s', async (name, message) => expect(await refused(file(name))).toBe(message));

  test('more frames than the pixels are of, before anything is made for each of them', async () => {
    const framed = (frames: string, pixels: Buffer) => {
      const one = dicomFile({ patient: '', name: '', columns: 2, values: [0, 1, 2, 3] });
      const at = one.indexOf(Buffer.from('28001000', 'hex'));
      const end = one.indexOf(Buffer.from('e07f1000', 'hex'));
      return Buffer.concat([
        one.subarray(0, at),
        element('00280008', 'IS', frames),
        one.subarray(at, end),
        pixels,
      ]);
    };
    const native = element('7FE00010', 'OW', Buffer.alloc(16));
    expect(openDicom(framed('2', native)).frames).toBe(2);
    expect(await refused(framed('3', native))).toBe('DICOM: expected 24 bytes of pixels, got 16');
    expect(await refused(framed('999999', native))).toBe('DICOM: expected 7999992 bytes of pixels, got 16');
    expect(await refused(framed('999999999', native))).toBe(
      'DICOM: expected at most 999999 frames, got 999999999',
    );
    // An empty offset table, one fragment of two bytes, the delimiter.
    const fragments = 'e07f10004f420000ffffffff feff00e000000000 feff00e0020000000000 feffdde000000000';
    const coded = Buffer.from(fragments.replaceAll(' ', ''), 'hex');
    expect(await refused(framed('999999', coded))).toBe('DICOM: expected fragments of 999999 frames, got 1');
  });

  test('sequences nested without end', async () => {
    const nested = (depth: number) => {
      // Other Patient IDs Sequence and an item, both without a length; and their ends.
      const begin = Buffer.from('1000021053510000ffffffff feff00e0ffffffff'.replaceAll(' ', ''), 'hex');
      const end = Buffer.from('feff0de000000000 feffdde000000000'.replaceAll(' ', ''), 'hex');
      const deep = Buffer.concat([
        ...new Array<Buffer>(depth).fill(begin),
        ...new Array<Buffer>(depth).fill(end),
      ]);
      const whole = file('u12');
      const at = whole.indexOf(Buffer.from('28000200', 'hex'));
      return Buffer.concat([whole.subarray(0, at), deep, whole.subarray(at)]);
    };
    expect((await decodeImage(nested(64))).image).toEqual((await decodeImage(file('u12'))).image);
    for (const depth of [65, 20_000]) {
      expect(await refused(nested(depth))).toBe(
        'DICOM: expected at most 64 sequences within each other, got more in (0010,1002)',
      );
    }
  });

  test('a transfer syntax that cannot be read is named', async () => {
    const syntax = (uid: string) => {
      const bytes = file('u12');
      const at = bytes.indexOf('1.2.840.10008.1.2.1\0');
      // As long as the one before: the length stands beside it.
      bytes.write(uid.padEnd(20, '\0'), at, 'latin1');
      return bytes;
    };
    expect(await refused(syntax('1.2.840.10008.9.9.9'))).toMatch(
      /expected a transfer syntax that can be read, got 1\.2\.840\.10008\.9\.9\.9/,
    );
    expect(await refused(syntax('Doe^Jane'))).not.toMatch(/Doe/);
  });

  test('a frame that is not what the header says is not decoded', async () => {
    const bytes = file('u12-jpeg2000');
    // Rows: (0028,0010), US, 2 bytes.
    const at = bytes.indexOf(Buffer.from('28001000555302005a00', 'hex'));
    bytes.writeUInt16LE(91, at + 8);
    expect(await refused(bytes)).toBe(
      'DICOM: expected a frame of 70x91 of 1 sample, at most 16 bit, got 70x90 of 1 sample, 16 bit',
    );
  });
});

describe('damaged files', () => {
  test('do no harm to those that come after them', async () => {
    for (const syntax of lossless) {
      const name = `u8-${syntax}`;
      const whole = file(name);
      for (const kept of [0.6, 0.9]) await refused(whole.subarray(0, Math.floor(whole.length * kept)));
      const scrambled = Buffer.from(whole);
      scrambled.fill(0xa5, whole.length - 400, whole.length - 40);
      await decodeImage(scrambled).catch(() => {});
      expect([name, await difference(name)]).toEqual([name, 0]);
    }
  });

  test('that are cut off are refused, wherever, and no header value is told', async () => {
    const names = ['u12', ...lossless.map((syntax) => `u12-${syntax}`)];
    for (const name of names) {
      const whole = file(name);
      for (let part = 1; part < 20; part++) {
        const message = await refused(
          whole.subarray(0, 132 + Math.floor(((whole.length - 132 - 8) * part) / 20)),
        );
        expect(message).toMatch(/^(DICOM: )?expected/);
        expect(message).not.toMatch(/SECRET|Doe/);
      }
    }
  });

  test('random changes give an image or a clear error, soon', async () => {
    // A linear congruential generator: failures must come again.
    let state = 5;
    const next = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const names = readdirSync(dir).filter((name) => /^(u8|u12|s16|rgb).*dcm$/.test(name));
    const outcomes = { images: 0, errors: 0 };
    for (let round = 0; round < 400; round++) {
      const bytes = readFileSync(join(dir, names[next(names.length)]!));
      const from = 132 + next(bytes.length - 132);
      const length = 1 + next(64);
      for (let i = 0; i < length; i++)
        bytes[round % 2 === 0 ? 132 + next(bytes.length - 132) : from + i] = next(256);
      try {
        await decodeImage(bytes);
        outcomes.images += 1;
      } catch (error) {
        if (!(error instanceof UnreadableImage)) throw error;
        outcomes.errors += 1;
      }
    }
    expect(Math.min(outcomes.images, outcomes.errors)).toBeGreaterThan(50);
  });
});
