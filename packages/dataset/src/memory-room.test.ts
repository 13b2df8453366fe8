import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { roomAmong, sharedRoom } from './memory-room.ts';

test('what does not fit waits until others have given back', async () => {
  const left = sharedRoom();
  const room = roomAmong(left);
  const all = left[0];
  // More than there is takes all of it.
  const held = room(2 ** 40);
  expect(left[0]).toBe(0);
  const asks = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ roomAmong }) => {
      parentPort.postMessage('asks');
      roomAmong(workerData.left)(2 ** 20).release();
      parentPort.postMessage('had room');
    });`;
  const module = new URL('./memory-room.ts', import.meta.url).href;
  const worker = new Worker(asks, { eval: true, workerData: { left, module }, execArgv: [] });
  const told: string[] = [];
  worker.on('message', (text: string) => told.push(text));
  await once(worker, 'message');
  expect(told).toEqual(['asks']);
  held.release();
  await once(worker, 'exit');
  expect(told).toEqual(['asks', 'had room']);
  expect(left[0]).toBe(all);
});

test('what is held becomes more where that is there at once, and less; nobody waits with some in hand', () => {
  const left = sharedRoom();
  const all = left[0]!;
  const [first, second] = [roomAmong(left)(2 ** 20), roomAmong(left)(2 ** 20)];
  expect(left[0]).toBe(all - 32);
  expect(first.resize(2 ** 40)).toBe(false);
  expect(left[0]).toBe(all - 32);
  expect(first.resize(2 ** 21)).toBe(true);
  expect(left[0]).toBe(all - 48);
  expect(first.resize(1)).toBe(true);
  expect(left[0]).toBe(all - 17);
  second.release();
  expect(first.resize(2 ** 40)).toBe(true);
  expect(left[0]).toBe(0);
  first.release();
  expect(left[0]).toBe(all);
});
