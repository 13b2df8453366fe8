import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { type BenchSettings, type Figure, jsonLines, median } from '../figures.ts';

/** Members per role. */
const k = 3;

/**
 * Test images a second through 2K members, maps and both refiners, from weights in files to scores and maps in files (the peer's:
 * in memory), ours and the peer's forms by turns.
 */
export async function* part({ quick, threads, python }: BenchSettings): AsyncGenerator<Figure> {
  const [repetitions, images] = quick ? [1, 256] : [3, 1200];
  const found = new Map<string, Figure[]>();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const ours = [
      join(import.meta.dirname, 'scoring-process.ts'),
      String(k),
      String(images),
      String(threads),
    ];
    const peer = [
      join(import.meta.dirname, '../peer/scoring.py'),
      String(k),
      String(images),
      String(threads),
    ];
    const figures = [
      ...(await jsonLines(process.execPath, ours, tensorflowEnvironment(threads))),
      ...(await jsonLines(python, peer)),
    ];
    for (const figure of figures) {
      const form = String(figure.form);
      found.set(form, [...(found.get(form) ?? []), figure]);
    }
  }
  const middle = (form: string, name: string) =>
    median((found.get(form) ?? []).map((one) => Number(one[name])));
  const others = [...found.keys()].filter((form) => form !== 'ours');
  for (const form of found.keys()) {
    const [seconds, cpuSeconds] = [middle(form, 'seconds'), middle(form, 'cpuSeconds')];
    const best = (name: string) => Math.min(...others.map((other) => middle(other, name)));
    yield {
      form,
      images,
      seconds,
      cpuSeconds,
      imagesPerSecond: images / seconds,
      imagesPerCpuSecond: images / cpuSeconds,
      ...(form === 'ours'
        ? { wallRatio: seconds / best('seconds'), cpuRatio: cpuSeconds / best('cpuSeconds') }
        : {}),
    };
  }
}
