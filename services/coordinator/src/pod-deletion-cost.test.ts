import { createLogger } from '@ddad/platform';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { busyCost, keepPodDeletionCost } from './pod-deletion-cost.ts';

let trainers: { id: string }[];
let busy: Set<string>;
let sent: [string, number][];
let fault: Error | null;
let costs: { close(): Promise<void> };

beforeEach(() => {
  vi.useFakeTimers();
  trainers = [{ id: 'a' }, { id: 'b' }];
  busy = new Set(['b']);
  sent = [];
  fault = null;
  costs = keepPodDeletionCost({
    setCost: async (pod, cost) => {
      if (fault !== null) throw fault;
      sent.push([pod, cost]);
      return pod !== 'laptop';
    },
    trainers: () => trainers,
    busy: () => busy,
    logger: createLogger('test', 'silent'),
    intervalMs: 1000,
  });
});
afterEach(async () => {
  await costs.close();
  vi.useRealTimers();
});

it('says of every trainer whether it is busy, and then only what changed', async () => {
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual([
    ['a', 0],
    ['b', busyCost],
  ]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(sent).toHaveLength(2);
  busy = new Set(['a']);
  trainers.push({ id: 'laptop' });
  await vi.advanceTimersByTimeAsync(3000);
  expect(sent.slice(2)).toEqual([
    ['a', busyCost],
    ['b', 0],
    ['laptop', 0],
  ]);
});

it('sends ten requests a second at most', async () => {
  trainers = Array.from({ length: 25 }, (_, index) => ({ id: `t${index}` }));
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toHaveLength(10);
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent).toHaveLength(25);
});

it('leaves a server that refuses alone for ten seconds and tries again', async () => {
  fault = new Error('the API server answered 403');
  await vi.advanceTimersByTimeAsync(1500);
  fault = null;
  await vi.advanceTimersByTimeAsync(9000);
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toHaveLength(2);
});

it('sends nothing once it is closed', async () => {
  await costs.close();
  await vi.advanceTimersByTimeAsync(5000);
  expect(sent).toEqual([]);
});
