// Follows an invented run of K + K members: run-in-terminal.testing.ts K. Its first four members train; it ends with SIGUSR1.
import type { JobProgress, RunResult } from '@ddad/contract';
import { followRun } from './follow-run.ts';
import { inventedProgress, inventedResult, student } from './invented-method.testing.ts';
import { displayFor } from './run-display.ts';
import { screenOf } from './screen.ts';

const k = Number(process.argv[2]);
const total = 1000;
let epoch = 0;
let over = false;

function figures(position: number): JobProgress {
  if (over) return { done: total, total, loss: 0.01, imagesPerSecond: 0, worker: 't1', state: 'finished' };
  if (position > 3) return { done: 0, total, loss: null, imagesPerSecond: 0, worker: null, state: 'waiting' };
  return { done: epoch, total, loss: 1 / (epoch + 1), imagesPerSecond: 480, worker: 't1', state: 'running' };
}

const members = ['stu', 'tut'].flatMap((role) =>
  Array.from({ length: k }, (_, index) => ({ role, index, seed: index })),
);
const { promise: result, resolve: end } = Promise.withResolvers<RunResult>();
process.on('SIGUSR1', () => {
  over = true;
  end(inventedResult({ seconds: { total: 9 } }));
});

process.stderr.write(`pid ${process.pid}\n`);
await followRun({
  queryProgress: async () => {
    epoch += 1;
    const nodes = members.map((member, place) => {
      const id = `${member.role} ${member.index}`;
      return student(member.index, { id, key: id, member, ...figures(place) });
    });
    return inventedProgress(nodes, { stage: over ? 'finished' : 'training' });
  },
  result,
  live: Promise.resolve(null),
  display: displayFor(screenOf(process.stderr, process.env), () => performance.now()),
  now: () => performance.now(),
  detach: new AbortController().signal,
  intervals: { query: 20, draw: 20 },
});
