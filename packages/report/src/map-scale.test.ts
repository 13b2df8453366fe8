import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { greyPng } from './grey-png.ts';
import { MapScaleFinder, mapScale, toBytes } from './map-scale.ts';

describe('mapScale', () => {
  test('ends where 99.9 % of the pixels stay below, and knows the largest value', () => {
    // 2,000 pixels 0..1999: the first 1,998 are 99.9 %, so that 1998 is the end.
    const maps = Float32Array.from({ length: 2000 }, (_, pixel) => 1999 - pixel);
    expect(mapScale(maps)).toEqual({ end: 1998, max: 1999 });
    expect(maps[0]).toBe(1999);
  });

  test('gives maps of zeros, and maps with few other values, an end above 0', () => {
    expect(mapScale(new Float32Array(64))).toEqual({ end: 1, max: 0 });
    const almost = new Float32Array(4096);
    almost[5] = 0.25;
    expect(mapScale(almost)).toEqual({ end: 0.25, max: 0.25 });
  });
});

describe('MapScaleFinder', () => {
  /** The definition: the value at 99.9 % of all, in rising order. */
  const sorted = (values: Float32Array) => {
    const rising = values.slice().sort();
    return { end: rising[Math.floor(rising.length * 0.999)], max: rising.at(-1) };
  };
  const inPieces = (values: Float32Array, size: number) => {
    const finder = new MapScaleFinder(values.length);
    for (let at = 0; at < values.length; at += size) finder.add(values.subarray(at, at + size));
    return finder.scale();
  };

  test.each([
    ['in no order', (at: number) => Math.abs(Math.sin(at * at))],
    ['rising', (at: number) => at / 7],
    ['falling', (at: number) => 1e5 - at],
    ['of few different values', (at: number) => 1 + (at % 3)],
    ['all the same', () => 0.25],
  ])('finds in pieces what sorting all of them finds: values %s', (_order, value) => {
    const values = Float32Array.from({ length: 40_003 }, (_, at) => value(at));
    for (const size of [1, 999, 4096, values.length]) expect(inPieces(values, size)).toEqual(sorted(values));
  });

  test('keeps what comes last, too', () => {
    // Of 4,000 pixels 4 decide the end, the largest of which come in the last piece.
    const zeros = new Float32Array(1000);
    const finder = new MapScaleFinder(4000);
    for (let piece = 0; piece < 3; piece += 1) finder.add(zeros);
    finder.add(Float32Array.from({ length: 1000 }, (_, at) => at));
    expect(finder.scale()).toEqual({ end: 996, max: 999 });
  });
});

test('bytes go from 0 to 255 at the end, and no further', () => {
  expect([...toBytes(Float32Array.of(0, 1, 2, 4, 9), { end: 4 })]).toEqual([0, 64, 128, 255, 255]);
});

test('a PNG holds the greys themselves, in one channel', async () => {
  const greys = Uint8Array.from({ length: 256 }, (_, grey) => grey);
  const uri = await greyPng(greys, 16);
  const png = Buffer.from(uri.slice('data:image/png;base64,'.length), 'base64');
  expect(await sharp(png).metadata()).toMatchObject({ width: 16, height: 16, channels: 1, depth: 'uchar' });
  const data = await sharp(png).toColourspace('b-w').raw().toBuffer();
  expect(new Uint8Array(data)).toEqual(greys);
});
