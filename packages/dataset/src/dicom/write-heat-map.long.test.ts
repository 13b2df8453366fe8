import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resizeFloats } from './resize-floats.ts';
import { type HeatMap, heatMapObject, heatMapSource } from './write-heat-map.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ddad-heat-map-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const script = fileURLToPath(new URL('./heat-map.testing.py', import.meta.url));
const python = (...args: string[]) =>
  execFileSync(process.env.DDAD_TEST_PYTHON!, [script, ...args], { encoding: 'utf8' });

/** Rises from 0 at the left to 0.5 at the right. */
const map: HeatMap = {
  name: 'rDual',
  values: Float32Array.from({ length: 64 * 64 }, (_, i) => (0.5 * (i % 64)) / 63),
  side: 64,
  end: 0.4,
  maker: 'run',
  madeAt: new Date('2026-01-03T10:20:30Z'),
};

function source(...kind: string[]): { file: string; bytes: Buffer } {
  const file = join(directory, 'source.dcm');
  python('source', file, ...kind);
  return { file, bytes: readFileSync(file) };
}

it('lies over its source: same patient, study, place and grid, its own values, as pydicom reads them', () => {
  const { file, bytes } = source();
  const written = join(directory, 'map.dcm');
  writeFileSync(written, heatMapObject(heatMapSource(bytes), map));
  const facts = JSON.parse(python('read', file, written));
  expect(facts).toMatchObject({
    sopClass: 'Secondary Capture Image Storage',
    description: 'DDAD heat map rDual',
    source: ['CT Image Storage', '1.2.3.4.5'],
    shape: [96, 128],
  });
  // Of 128 columns over 64 pixels the first lies beyond the first centre; 0.5 is above the scale's end.
  const [topLeft, topRight, bottomLeft, bottomRight] = facts.corners;
  expect([topLeft, bottomLeft]).toEqual([0, 0]);
  for (const right of [topRight, bottomRight]) expect(right).toBeCloseTo(0.4, 5);
  const own = resizeFloats(map.values, 64, 128, 96);
  const mean = own.reduce((sum, value) => sum + Math.min(value, 0.4), 0) / own.length;
  // Half a step of 65,535.
  expect(Math.abs(facts.mean - mean)).toBeLessThan(0.4 / 65_535 / 2 + 1e-6);
});

it('is one series for all images of a series, another for another map, and the same object when made again', () => {
  const { file, bytes } = source();
  const read = (of: HeatMap) => {
    const written = join(directory, 'map.dcm');
    writeFileSync(written, heatMapObject(heatMapSource(bytes), of));
    return JSON.parse(python('read', file, written)) as { instance: string; series: string };
  };
  const [first, again, other] = [read(map), read(map), read({ ...map, name: 'aInter' })];
  expect([again.instance, again.series]).toEqual([first.instance, first.series]);
  expect(other.instance).not.toBe(first.instance);
  expect(other.series).not.toBe(first.series);
});

/** What pydicom reads of the heat map of a frame. */
function ofFrame({ file, bytes }: ReturnType<typeof source>, frame: number | null, named = frame) {
  const written = join(directory, 'map.dcm');
  writeFileSync(written, heatMapObject(heatMapSource(bytes), { ...map, frame: named }));
  return JSON.parse(python('read', file, written, ...(frame === null ? [] : [String(frame)])));
}

it('lies where its frame does: of enhanced images in the groups of the frame, else in those of all', () => {
  const enhanced = source('enhanced', '3');
  const [first, second, third] = [1, 2, 3].map((frame) => ofFrame(enhanced, frame));
  expect(first).toMatchObject({
    source: ['Enhanced CT Image Storage', '1.2.3.4.5'],
    place: {
      ImagePositionPatient: [-8.5, 20, 30.25],
      ImageOrientationPatient: [0, 1, 0, 0, 0, -1],
      PixelSpacing: [0.25, 0.5],
      ImagerPixelSpacing: [0.5, 1],
    },
    thickness: 3,
  });
  expect(second.place).toEqual({ ...first.place, ImagePositionPatient: [-6.5, 20, 30.25] });
  expect(third.place).toEqual({
    ...first.place,
    ImagePositionPatient: [-4.5, 20, 30.25],
    PixelSpacing: [0.125, 0.5],
  });
  expect(third.thickness).toBe(1);
  // An enhanced image of one frame: it is named without a number, and keeps that of its instance.
  expect(ofFrame(source('enhanced', '1'), null).place).toEqual(first.place);
});

it('takes a position that is said once for all frames for the first one, as dose grids mean it', () => {
  const frames = source('plain', '2');
  expect(ofFrame(frames, 1)).toMatchObject({
    place: { ImagePositionPatient: [-10.5, 20, 30.25], PixelSpacing: [0.5, 0.75] },
    location: 30.25,
  });
  const { place, location } = ofFrame(frames, 2);
  expect(Object.keys(place)).toEqual(['ImageOrientationPatient', 'PixelSpacing']);
  expect(location).toBeNull();
});

it('is the same object whether an only frame is named by its number or not', () => {
  const plain = source();
  expect(ofFrame(plain, null, 1)).toEqual(ofFrame(plain, null));
});

it('names what a source lacks, and nothing of its patient', () => {
  const { bytes } = source('bare');
  expect(() => heatMapSource(bytes)).toThrow(
    /^DICOM: expected a Study Instance UID, a Series Instance UID for a heat map to refer to, got none$/,
  );
});

it('interpolates between the centres of pixels and keeps the outermost beyond them', () => {
  // Two columns at 0.25 and 0.75 of the width; four at 0.125, 0.375, 0.625, 0.875.
  const values = Float32Array.of(0, 1, 0, 1);
  expect([...resizeFloats(values, 2, 4, 1)]).toEqual([0, 0.25, 0.75, 1]);
  expect([...resizeFloats(values, 2, 2, 2)]).toEqual([0, 1, 0, 1]);
});
