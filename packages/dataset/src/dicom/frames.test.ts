import { expect, test } from 'vitest';
import { framesOf } from './frames.ts';
import type { DicomImage, ImageHeader } from './image-header.ts';

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
