import { expect, it } from 'vitest';
import { deviceFaults } from './compare-devices.ts';

const processor = { gpu: false, losses: [0.5, 0.25], imagesPerSecond: 100, startSeconds: 2 };
const gpu = { gpu: true, losses: [0.5001, 0.2499], imagesPerSecond: 9000, startSeconds: 4 };

it('takes losses within a hundredth, over the epochs of the processor, and names every epoch that is further off', () => {
  expect(deviceFaults(processor, gpu)).toEqual([]);
  expect(deviceFaults(processor, { ...gpu, losses: [...gpu.losses, 0.1] })).toEqual([]);
  expect(deviceFaults(processor, { ...gpu, losses: [0.506, Number.NaN] })).toEqual([
    "epoch 1: expected the processor's loss 0.5 within 0.01 of itself, got 0.506",
    "epoch 2: expected the processor's loss 0.25 within 0.01 of itself, got NaN",
  ]);
});

it('holds a GPU against a processor, over as many epochs at least', () => {
  expect(deviceFaults(processor, processor)).toEqual(['expected TensorFlow to find a GPU, it found none']);
  expect(deviceFaults(gpu, gpu)).toEqual(['expected one training on the processor, both were on a GPU']);
  expect(deviceFaults(processor, { ...gpu, losses: [0.5] })).toEqual(['expected 2 epochs on the GPU, got 1']);
});
