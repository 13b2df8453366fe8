import { residualEncoderDecoder, toPyTorch } from '@ddad/models';
import {
  decidedWeights,
  differingBuffers,
  differingGradients,
  differingSteps,
  tensorsFrom,
  testImages,
} from '@ddad/models/testing';
import { expect, test } from 'vitest';
import { definition as cutpaste } from '../cutpaste-e2e/entry.ts';
import { definition as fpi } from '../fpi/entry.ts';
import { definition as nsa } from '../nsa/entry.ts';
import { definition as pii } from '../pii/entry.ts';
import { anomalyBatches } from './anomaly-batches.ts';
import { patchesOf } from './definition.ts';
import { networkStep } from './train-network.ts';

const [side, batchSize, normals] = [64, 2, 10];
const area = side * side;
/** Four epochs of five steps. */
const form = { imageSize: side, batchSize, learningRate: 1e-3, epochs: 4 };
const [stepsPerEpoch, steps] = [5, 20];
const images = Uint8Array.from(testImages(normals, side), (value) => Math.round((value + 1) * 127.5));
const { parameters } = residualEncoderDecoder();
const weights = decidedWeights(parameters, 3);

test.each([fpi, pii, nsa, cutpaste])(
  '$shortTitle has the gradients, statistics and 20 losses of an independent reference',
  (definition) => {
    const write = anomalyBatches({
      images,
      side,
      normals,
      patches: patchesOf(definition, false),
      seed: 5,
      batchSize,
    });
    const batches = Array.from({ length: steps }, (_, step) => {
      const batch = {
        images: new Float32Array(batchSize * area),
        labels: new Float32Array(batchSize * area),
      };
      write(step, batch);
      return batch;
    });
    const joined = (name: 'images' | 'labels') => ({
      shape: [steps, batchSize, 1, side, side],
      data: Float32Array.from(batches.flatMap((batch) => [...batch[name]])),
    });
    const number = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
    const expected = tensorsFrom(
      'one_stage.py',
      [],
      toPyTorch(parameters, weights),
      {
        images: joined('images'),
        labels: joined('labels'),
        learning_rate: number(form.learningRate),
        epochs: number(form.epochs),
        steps: number(stepsPerEpoch),
      },
      [],
    );
    expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-5);
    const step = networkStep(form, stepsPerEpoch, { mode: 'graph' });
    try {
      step.write(weights);
      const trainable = parameters.filter(({ kind }) => kind === 'trainable');
      const gradients = toPyTorch(trainable, step.gradients('find', batches[0]!));
      expect(differingGradients(gradients, expected, { ofAll: 5e-5, ofOwn: 5e-3 })).toEqual([]);
      const losses = [step.run('find', batches[0]!).loss];
      const after = toPyTorch(parameters, step.read());
      expect(differingBuffers(parameters, after, expected, 1e-4)).toEqual([]);
      for (const batch of batches.slice(1)) losses.push(step.run('find', batch).loss);
      const theirs = expected.get('losses')!.data;
      expect(differingSteps(losses, theirs, 1e-4)).toEqual([]);
    } finally {
      step.dispose();
    }
  },
);
