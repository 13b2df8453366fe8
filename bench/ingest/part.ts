import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchSettings, type Figure, jsonLines } from '../figures.ts';

/**
 * Reading: a folder of DICOM images of 1024x1024, half of them in JPEG 2000, to packed pixels; by ours and by pydicom and Pillow
 * in as many processes as there are processors. Each twice, in turn; the files lie in the system's cache. Processor time is all
 * that a reader takes from its start, which other work on the machine changes little. The peer's memory is its largest process
 * times their number.
 */
export async function* part({ quick }: BenchSettings): AsyncGenerator<Figure> {
  const python = process.env.DDAD_TEST_PYTHON;
  if (!python) throw new Error('expected DDAD_TEST_PYTHON, which `make bench` sets');
  const directory = await mkdtemp(join(tmpdir(), 'ddad-bench-ingest-'));
  const files = quick ? 200 : 5000;
  const processes = availableParallelism();
  const place = (name: string) => join(directory, name);
  try {
    const make = join(import.meta.dirname, 'make-images.py');
    execFileSync(python, [make, place('images-of-bench'), String(files)], { stdio: 'inherit' });
    for (const round of [1, 2]) {
      const ours = ['pack-process.ts', process.execPath, [place('images-of-bench'), place('ours')]] as const;
      const peer = ['peer.py', python, [place('images-of-bench'), String(processes), place('peer')]] as const;
      for (const [reader, [script, program, args]] of Object.entries({ ours, 'pydicom and Pillow': peer })) {
        const [figure] = await jsonLines(program, [join(import.meta.dirname, script), ...args]);
        const { seconds = null, processorSeconds = null, peakMiB = null } = figure ?? {};
        const imagesPerSecond = files / Number(seconds);
        yield { reader, round, files, seconds, processorSeconds, imagesPerSecond, peakMiB };
      }
    }
    const [a, b] = [await readFile(place('ours')), await readFile(place('peer'))];
    const largest = a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? 0))), 0);
    yield { reader: 'largest difference in grey levels', value: a.length === b.length ? largest : null };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
