import { expect, test } from 'vitest';
import { descriptorTensors } from './descriptor.ts';
import { igdStart, trainingReference, trainingSteps } from './losses.testing.ts';
import { igdStep } from './train-networks.ts';

test('has 20 losses of an independent reference, generator and critic in turns', () => {
  const { weights, batches, descriptor, form } = igdStart();
  const expected = trainingReference(trainingSteps).get('losses')!.data;
  expect(expected).toHaveLength(2 * trainingSteps);
  const step = igdStep(form, { stepsPerEpoch: trainingSteps, mode: 'graph' });
  try {
    step.write(new Map([...weights, ...descriptorTensors(descriptor)]));
    const losses = batches.flatMap((batch) => [
      step.run('generator', batch).loss,
      step.run('critic', batch).loss,
    ]);
    losses.forEach((loss, at) => {
      expect(Math.abs(loss / expected[at]! - 1), `step ${at + 1}: ${loss}`).toBeLessThan(1e-2);
    });
  } finally {
    step.dispose();
  }
}, 240_000);
