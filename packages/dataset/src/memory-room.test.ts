import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { roomAmong, sharedRoom } from './memory-room.ts';

test('what does not fit waits until others have given back', async () => {
  const left = sharedRoom();
  const room = roomAmong(left);
  const all = left[0];
  // More than there is takes all of it.
  const release = room(2 ** 40);
  expect(left[0]).toBe(0);
  const asks = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ roomAmong }) => {
      parentPort.postMessage('asks');
      roomAmong(workerData.left)(2 ** 20)();
      parentPort.postMessage('had room');
    });`;
  const module = new URL('./memory-room.ts', import.meta.url).href;
  const worker = new Worker(asks, { eval: true, workerData: { left, module }, execArgv: [] });
  const told: string[] = [];
  worker.on('message', (text: string) => told.push(text));
  await once(worker, 'message');
  expect(told).toEqual(['asks']);
  release();
  await once(worker, 'exit');
  expect(told).toEqual(['asks', 'had room']);
  expect(left[0]).toBe(all);
});
