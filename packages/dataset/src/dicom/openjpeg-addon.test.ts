import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPillow, scratchFolder } from '../testing-pillow.ts';
import { decodeJpeg2000 } from './codecs.ts';
import { jpeg2000Head } from './coded-frame.ts';
import { decodeNatively } from './openjpeg-addon.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

const pictures = `
import sys
import numpy as np
from openjpeg.utils import encode_array
x, y = np.meshgrid(np.arange(70), np.arange(90))
noise = np.random.default_rng(3).integers(0, 64, (90, 70))
soft = (np.sin(x / 9) * np.cos(y / 11) * 700 + 1500).astype(int) + noise
def write(name, values, **how):
    open(f'{sys.argv[1]}/{name}', 'wb').write(bytes(encode_array(values, **how)))
write('grey8.j2k', (soft >> 4).astype(np.uint8), photometric_interpretation=2)
write('grey12.j2k', soft.astype(np.uint16), bits_stored=12, photometric_interpretation=2)
write('rgb.j2k', np.stack([soft >> 4, soft >> 5, noise], -1).astype(np.uint8), photometric_interpretation=1)
write('lossy', soft.astype(np.uint16), bits_stored=12, photometric_interpretation=2, compression_ratios=[5])
`;
beforeAll(() => {
  runPillow(pictures, dir);
}, 60_000);
const codestream = (name: string) => new Uint8Array(readFileSync(join(dir, name)));

test('the addon is there and gives what WebAssembly gives', async () => {
  for (const name of ['grey8.j2k', 'grey12.j2k', 'rgb.j2k']) {
    const bytes = codestream(name);
    const natively = decodeNatively(bytes, jpeg2000Head(bytes)!);
    expect(natively, 'made by scripts/setup: see what it said').not.toBeNull();
    expect([name, Buffer.compare(natively!, (await decodeJpeg2000(bytes)).bytes)]).toEqual([name, 0]);
  }
});

test('what a decoder rounds as it likes is left to WebAssembly', () => {
  const bytes = codestream('lossy');
  expect(decodeNatively(bytes, jpeg2000Head(bytes)!)).toBeNull();
});

test('another shape than the codestream has is not decoded', () => {
  const bytes = codestream('grey12.j2k');
  const shape = { columns: 70, rows: 90, samples: 1, precision: 12 };
  expect(decodeNatively(bytes, shape)).not.toBeNull();
  for (const other of [{ columns: 71 }, { rows: 60_000 }, { samples: 3 }, { precision: 8 }, { rows: 0 }])
    expect(decodeNatively(bytes, { ...shape, ...other })).toBeNull();
});

test('damaged codestreams end no process, and give what WebAssembly gives or are left to it', () => {
  const script = join(import.meta.dirname, 'openjpeg-addon.testing.ts');
  const told = execFileSync(process.execPath, [script, dir, '120'], { encoding: 'utf8', timeout: 120_000 });
  const { images, left, differ, peakMiB } = JSON.parse(told) as Record<
    'images' | 'left' | 'peakMiB',
    number
  > & {
    differ: string[];
  };
  expect(differ).toEqual([]);
  expect(images + left).toBe(360);
  expect(Math.min(images, left)).toBeGreaterThan(100);
  expect(peakMiB).toBeLessThan(400);
}, 130_000);

test('a header that asks for far more memory than its pixels gets none of it', () => {
  const bytes = codestream('grey12.j2k');
  const view = new DataView(bytes.buffer);
  // Image and tile of 1024x1024.
  for (const at of [8, 12, 24, 28]) view.setUint32(at, 1024);
  const coding = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0x52);
  const length = view.getUint16(coding + 2);
  const levels = bytes[coding + 9]!;
  // Precincts of 2x2: a third of a million, each with trees of its own.
  const precincts = new Uint8Array(levels + 1).fill(0x11);
  const after = coding + 2 + length;
  const absurd = Buffer.concat([bytes.subarray(0, after), precincts, bytes.subarray(after)]);
  absurd.writeUInt16BE(length + precincts.length, coding + 2);
  absurd[coding + 4]! |= 1;
  const before = process.memoryUsage.rss();
  const shape = { columns: 1024, rows: 1024, samples: 1, precision: 12 };
  for (let time = 0; time < 5; time++) expect(decodeNatively(absurd, shape)).toBeNull();
  expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 27);
});
