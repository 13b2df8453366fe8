import { expect, test } from 'vitest';
import { pngFacts } from './png-facts.ts';
import { coarseValues, type Depth, depthOf, rangeOf, scaled } from './sixteen-bits.ts';

const depth = (smallest: number, largest: number, significantBits: number | null = null): Depth => ({
  smallest,
  largest,
  significantBits,
});

test.each([
  ['all bits that the largest value needs', [depth(0, 4000)], [0, 4095]],
  ['one range for all images', [depth(0, 300), depth(20, 4000), depth(5, 17)], [0, 4095]],
  ['8 bits at least', [depth(0, 3)], [0, 255]],
  ['what the files say to be significant', [depth(0, 300, 12)], [0, 4095]],
  ['not what they say where values are scaled up to 16 bits', [depth(0, 65_520, 12)], [0, 65_535]],
  // CT numbers from 31,744 to 36,864: of 65,536 they would keep 20 levels.
  [
    'smallest and largest value where most of the range is empty below',
    [depth(31_744, 36_864)],
    [31_744, 36_864],
  ],
  ['whole bits where a quarter and more is used', [depth(49_151, 65_535)], [0, 65_535]],
  ['one value alone', [depth(700, 700)], [0, 1023]],
])('the range is %s', (_what, depths, range) => expect(rangeOf(depths)).toEqual(range));

test('a range is divided into 256 equal steps; what lies outside is black or white', () => {
  // 0:4095 has steps of 16; 1000:1511 of 2.
  expect([...scaled(Uint16Array.of(0, 15, 16, 4095, 4096, 65_535), [0, 4095])]).toEqual([
    0, 0, 1, 255, 255, 255,
  ]);
  expect([...scaled(Uint16Array.of(999, 1000, 1001, 1002, 1511), [1000, 1511])]).toEqual([0, 0, 0, 1, 255]);
});

test('all 16 bits give the high byte', () => {
  const bytes = scaled(
    Uint16Array.from({ length: 65_536 }, (_, value) => value),
    [0, 65_535],
  );
  expect(bytes).toHaveLength(65_536);
  expect(bytes.every((byte, value) => byte === value >> 8)).toBe(true);
});

test.each([
  // 4096 of 65,536 values: 16 of 256 levels.
  ['12 bits read as 16', [0, 4095], [0, 65_535], true],
  ['8 bits read as 16', [0, 255], [0, 65_535], true],
  ['8 bits read as 12', [0, 255], [0, 4095], true],
  ['all that is above the range', [5000, 60_000], [0, 4095], true],
  ['one level more', [0, 4096], [0, 65_535], false],
  ['10 bits read as 12', [0, 1023], [0, 4095], false],
  ['8 bits as they are: no level is lost', [3, 9], [0, 255], false],
  ['one value alone', [700, 700], [0, 65_535], false],
] as const)('an image keeps next to nothing: %s', (_what, [smallest, largest], range, coarse) => {
  expect(coarseValues({ depth: depth(smallest, largest), range })).toEqual(
    coarse ? { values: [smallest, largest], range } : null,
  );
});

test('alpha does not count', () => {
  const pixels = Uint16Array.of(7, 65_535, 9, 0);
  expect(depthOf(pixels, 2, 'grey')).toEqual({ smallest: 7, largest: 9 });
  expect(depthOf(Uint16Array.of(1, 2, 3, 65_535), 4, 'rgb')).toEqual({ smallest: 1, largest: 3 });
});

test('a PNG says its significant bits and its frames in front of its pixels', () => {
  const chunk = (kind: string, ...content: number[]) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(content.length);
    return Buffer.concat([head, Buffer.from(kind), Buffer.from(content), Buffer.alloc(4)]);
  };
  const png = (colour: number, ...chunks: Buffer[]) => {
    const head = chunk('IHDR', 0, 0, 0, 1, 0, 0, 0, 1, 16, colour, 0, 0, 0);
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), head, ...chunks, chunk('IDAT')]);
  };
  expect(pngFacts(png(0, chunk('sBIT', 12)))).toEqual({ animated: 1, significantBits: 12 });
  expect(pngFacts(png(4, chunk('sBIT', 10, 1)))).toEqual({ animated: 1, significantBits: 10 });
  expect(pngFacts(png(6, chunk('sBIT', 5, 6, 5, 16)))).toEqual({ animated: 1, significantBits: 6 });
  const animated = chunk('acTL', 0, 0, 0, 7, 0, 0, 0, 0);
  expect(pngFacts(png(2, animated))).toEqual({ animated: 7, significantBits: null });
  expect(pngFacts(png(2))).toEqual({ animated: 1, significantBits: null });
});
