import { expect, it } from 'vitest';
import { readReading } from './dataset-reading.ts';

it('reads grey and no volumes unless more is said', () => {
  expect(readReading({})).toEqual({ channels: 1, range: null, slices: null });
});

it('takes what is said', () => {
  const options = { channels: '3', range: '0:4095', slices: 'axial', every: '3', minForeground: '0.1' };
  expect(readReading(options)).toEqual({
    channels: 3,
    range: [0, 4095],
    slices: { axis: 'axial', every: 3, minForeground: 0.1 },
  });
});

it('lists every fault at once', () => {
  const options = { channels: '2', range: '4095:0', slices: 'oblique', every: '0', minForeground: '10 %' };
  expect(readReading(options)).toEqual({
    faults: [
      { path: '--channels', message: 'expected 1 or 3, got 2' },
      {
        path: '--range',
        message: 'expected two values of 0 to 65535, the lower one first, as in 0:4095, got 4095:0',
      },
      { path: '--slices', message: 'expected axial, coronal, sagittal, got oblique' },
      { path: '--every', message: 'expected a whole number from 1, got 0' },
      { path: '--min-foreground', message: 'expected a share of 0 to 1, got 10 %' },
    ],
  });
  expect(readReading({ every: '2' })).toEqual({
    faults: [{ path: '--every', message: 'expected to be given with --slices, got it alone' }],
  });
});
