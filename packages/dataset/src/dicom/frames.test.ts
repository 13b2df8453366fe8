import { expect, test } from 'vitest';
import { framesOf } from './frames.ts';
import { type DicomImage, type ImageHeader, readImageHeader } from './image-header.ts';
import { dicomPart10, element, explicitLittleEndian, word } from './write-elements.ts';

const itemHead = 8;

/** An image of coded frames, each in fragments of these bytes, and how often a fragment was looked at. */
function encapsulated(frames: number, fragments: readonly (readonly number[])[], offsets: readonly number[]) {
  const looks = { count: 0 };
  const table = Buffer.alloc(4 * offsets.length);
  for (const [i, offset] of offsets.entries()) table.writeUInt32LE(offset, 4 * i);
  const pieces: Buffer[] = [Buffer.alloc(itemHead), table];
  let at = itemHead + table.length;
  const items = [{ offset: itemHead, length: table.length }];
  for (const fragment of fragments) {
    pieces.push(Buffer.alloc(itemHead), Buffer.from(fragment));
    const place = { start: at + itemHead, length: fragment.length };
    items.push({
      get offset() {
        looks.count += 1;
        return place.start;
      },
      length: place.length,
    });
    at += itemHead + fragment.length;
  }
  const data = { bytes: Buffer.concat(pieces), get: () => ({ items }), value: () => null };
  const image: Pick<DicomImage, 'pixels'> & { data: unknown; header: Partial<ImageHeader> } = {
    data,
    pixels: 0x7fe00010,
    header: { frames },
  };
  return { image: image as DicomImage, looks };
}
const all = (image: DicomImage) =>
  Array.from({ length: image.header.frames }, (_, frame) => [...framesOf(image)(frame)]);

test('frames are fragments from one offset of the table to the next', () => {
  // Items of 2, 4 and 2 bytes behind heads of 8: they begin at 0, 10 and 22.
  const fragments = [
    [1, 2],
    [3, 4, 5, 6],
    [7, 8],
  ];
  expect(all(encapsulated(2, fragments, [0, 22]).image)).toEqual([
    [1, 2, 3, 4, 5, 6],
    [7, 8],
  ]);
  expect(all(encapsulated(2, fragments, [0, 10]).image)).toEqual([
    [1, 2],
    [3, 4, 5, 6, 7, 8],
  ]);
  expect(all(encapsulated(3, fragments, [0, 10, 22]).image)).toEqual(fragments);
});

test.each([
  ['is not there', []],
  ['points between fragments', [0, 11]],
  ['does not rise', [22, 0]],
  ['says one frame twice', [10, 10]],
])('where a table %s, a frame ends with the mark of its end', (_what, offsets) => {
  const fragments = [
    [1, 2],
    [3, 4, 0xff, 0xd9],
    [7, 0xff, 0xd9, 0],
  ];
  expect(all(encapsulated(2, fragments, offsets).image)).toEqual([[1, 2, 3, 4, 0xff, 0xd9], fragments[2]]);
  expect(() => framesOf(encapsulated(2, [[1], [2], [3]], offsets).image)).toThrow(
    'expected fragments of 2 frames, got 3 that no offset table divides',
  );
});

test.each([
  ['a table', 500],
  ['none', 0],
])('every fragment is looked at a few times, however many frames there are, with %s', (_what, entries) => {
  const pairs = Array.from({ length: 500 }, () => [
    [1, 2],
    [0xff, 0xd9],
  ]).flat();
  const offsets = Array.from({ length: entries }, (_, i) => i * 2 * (itemHead + 2));
  const { image, looks } = encapsulated(500, pairs, offsets);
  const frame = framesOf(image);
  for (let i = 0; i < 500; i++) expect([...frame(i)]).toEqual([1, 2, 0xff, 0xd9]);
  expect(looks.count).toBeLessThan(5 * 1000);
});

/** Three samples of 8 bits a pixel, native. */
function colours(photometric: string, pixels: Buffer, { frames = 1, columns = 4, rows = 3 } = {}): Buffer {
  return dicomPart10(
    [element('00020010', 'UI', explicitLittleEndian)],
    [
      element('00280002', 'US', word(3)),
      element('00280004', 'CS', photometric),
      element('00280006', 'US', word(0)),
      element('00280008', 'IS', String(frames)),
      element('00280010', 'US', word(rows)),
      element('00280011', 'US', word(columns)),
      element('00280100', 'US', word(8)),
      element('00280101', 'US', word(8)),
      element('00280102', 'US', word(7)),
      element('00280103', 'US', word(0)),
      element('7FE00010', 'OB', pixels),
    ],
  );
}

test.each([
  ['one frame', 24, 36, {}],
  ['several', 48, 72, { frames: 2 }],
  ['an odd number of bytes, padded', 18, 28, { columns: 3 }],
])('three samples a pixel are no YBR_FULL_422: %s', (_what, wanted, came, shape) => {
  const pixels = Buffer.alloc(came);
  expect(() => readImageHeader(colours('YBR_FULL_422', pixels, shape))).toThrow(
    `DICOM: expected ${wanted} bytes of pixels of YBR_FULL_422, two of which share their chroma, got ${came}, as of three samples a pixel: set Photometric Interpretation to RGB or YBR_FULL, whichever they are`,
  );
  for (const photometric of ['YBR_FULL', 'RGB']) readImageHeader(colours(photometric, pixels, shape));
  // What lies behind the pixels is passed over, as ever.
  for (const bytes of [wanted, wanted + 2, came + 2])
    readImageHeader(colours('YBR_FULL_422', Buffer.alloc(bytes), shape));
});
