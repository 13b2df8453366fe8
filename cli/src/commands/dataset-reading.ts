import { type Fault, sliceAxes } from '@ddad/contract';
import type { Reading } from '@ddad/dataset';

/** How files are to be read, as options of `dataset add` say it. */
export interface ReadingOptions {
  channels?: string;
  /** `0:4095` */
  range?: string;
  slices?: string;
  every?: string;
  minForeground?: string;
}

/** @returns what the options say, or every fault */
export function readReading(options: ReadingOptions): Reading | { faults: Fault[] } {
  const faults: Fault[] = [];
  const expect = (fits: boolean, path: string, expected: string, came: string | undefined) => {
    if (!fits) faults.push({ path, message: `expected ${expected}, got ${came ?? 'none'}` });
  };
  const { channels = '1', range, slices, every = '1', minForeground = '0' } = options;
  expect(['1', '3'].includes(channels), '--channels', '1 or 3', channels);
  const ends = /^(\d{1,5}):(\d{1,5})$/.exec(range ?? '0:1');
  const [from, to] = [Number(ends?.[1]), Number(ends?.[2])];
  expect(
    from < to && to <= 65_535,
    '--range',
    'two values of 0 to 65535, the lower one first, as in 0:4095',
    range,
  );
  const axis = sliceAxes.find((one) => one === slices);
  expect(slices === undefined || axis !== undefined, '--slices', sliceAxes.join(', '), slices);
  const [step, share] = [Number(every), Number(minForeground)];
  expect(Number.isInteger(step) && step >= 1, '--every', 'a whole number from 1', every);
  expect(
    minForeground.trim() !== '' && share >= 0 && share <= 1,
    '--min-foreground',
    'a share of 0 to 1',
    minForeground,
  );
  if (slices === undefined) {
    const alone = 'to be given with --slices';
    if (options.every !== undefined)
      faults.push({ path: '--every', message: `expected ${alone}, got it alone` });
    if (options.minForeground !== undefined)
      faults.push({ path: '--min-foreground', message: `expected ${alone}, got it alone` });
  }
  if (faults.length > 0) return { faults };
  return {
    channels: channels === '3' ? 3 : 1,
    range: range === undefined ? null : [from, to],
    slices: axis === undefined ? null : { axis, every: step, minForeground: share },
  };
}
