import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { byTurns } from '../by-turns.ts';
import { type BenchSettings, type Figure, jsonLines, median } from '../figures.ts';

/** A step of ours takes at most as long as the best form of the peer's. */
const target = 1;

/**
 * A training step of every method, ours and a plain PyTorch one by turns. A case is a pair of files `NAME.ts` and `NAME.py` in this folder;
 * CASES=NAME,NAME picks some.
 */
export async function* part({ quick, threads, python }: BenchSettings): AsyncGenerator<Figure> {
  const environment = tensorflowEnvironment(threads);
  const [repetitions, count] = quick ? [1, 3] : [3, 10];
  for (const name of await chosenCases()) {
    const inputMs: number[] = [];
    const timings = await byTurns(
      repetitions,
      async () => {
        const args = [join(import.meta.dirname, 'case-process.ts'), name, String(count)];
        const figures = await jsonLines(process.execPath, args, environment);
        inputMs.push(...figures.flatMap((figure) => figure.inputMs ?? []).map(Number));
        return figures;
      },
      () => {
        const script = join(import.meta.dirname, '../peer/methods.py');
        return jsonLines(python, [
          script,
          join(import.meta.dirname, `${name}.py`),
          String(threads),
          String(count),
        ]);
      },
    );
    for (const timing of timings) {
      const own = timing.form === 'ours';
      const made = own && inputMs.length > 0 ? { inputMs: median(inputMs) } : {};
      yield { method: name, ...timing, ...made, ...(own ? { target } : {}) };
    }
  }
}

async function chosenCases(): Promise<string[]> {
  const files = new Set(await readdir(import.meta.dirname));
  const cases = [...files]
    .filter((file) => file.endsWith('.py'))
    .map((file) => file.slice(0, -3))
    .filter((name) => files.has(`${name}.ts`))
    .sort();
  const { CASES } = process.env;
  if (CASES === undefined || CASES === '') return cases;
  const wanted = CASES.split(',');
  const unknown = wanted.filter((name) => !cases.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`CASES: expected some of ${cases.join(', ')}, got ${unknown.join(', ')}`);
  return wanted;
}
