/**
 * The bench: `make bench`, `make bench PARTS=steps,memory QUICK=1 THREADS=1`, `PARTS=methods CASES=cutpaste`. Prints a JSON line for every figure as it comes,
 * on stdout, and a table for every part at its end, on stderr.
 */
import { availableParallelism, cpus } from 'node:os';
import { type BenchSettings, type Figure, type Part, table } from './figures.ts';

const parts: Record<string, () => Promise<{ part: Part }>> = {
  steps: () => import('./steps/part.ts'),
  methods: () => import('./methods/index.ts'),
  scoring: () => import('./scoring/part.ts'),
  memory: () => import('./memory/part.ts'),
  orchestration: () => import('./orchestration/part.ts'),
  run: () => import('./run/part.ts'),
  ingest: () => import('./ingest/part.ts'),
};

const { PARTS, QUICK, THREADS, BENCH_PYTHON } = process.env;
const wanted = PARTS === undefined || PARTS === '' ? Object.keys(parts) : PARTS.split(',');
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
const threads = Number(THREADS || availableParallelism());
const faults = [
  ...unknown.map((name) => `PARTS: expected some of ${Object.keys(parts).join(', ')}, got ${name}`),
  ...(Number.isInteger(threads) && threads >= 1
    ? []
    : [`THREADS: expected a whole number from 1, got ${THREADS}`]),
  ...(BENCH_PYTHON
    ? []
    : ['BENCH_PYTHON: expected the Python of scripts/requirements-bench.txt (make bench brings it)']),
];
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(2);
}

const settings: BenchSettings = { quick: QUICK === '1', threads, python: BENCH_PYTHON as string };
console.error(`${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, ${threads} threads`);
for (const name of wanted) {
  const figures: Figure[] = [];
  const { part } = await parts[name]!();
  for await (const figure of part(settings)) {
    figures.push(figure);
    console.log(JSON.stringify({ part: name, threads, ...figure }));
  }
  console.error(`\n${name}\n${table(figures)}\n`);
}
