import { randomStream } from '@ddad/compute';
import { initialise, residualEncoderDecoder } from '@ddad/models';
import { definition as nsa } from '../../packages/methods/nsa/entry.ts';
import { anomalyBatches } from '../../packages/methods/one-stage/anomaly-batches.ts';
import { networkStep } from '../../packages/methods/one-stage/train-network.ts';
import type { MethodCase } from './method-case.ts';

const [side, batchSize, normals] = [64, 64, 128];

/** The encoder-decoder of FPI, PII, NSA and CutPaste end to end, 64 images of 64 px; synthetic anomalies are NSA's, which take longest. */
export const methodCase: MethodCase = {
  batchSize,
  open() {
    const area = side * side;
    const noise = randomStream(0, 'noise');
    const images = Uint8Array.from({ length: normals * area }, (_, i) => {
      const [x, y] = [(i % side) - side / 2, (Math.floor(i / side) % side) - side / 2];
      // A disc of noise in the dark, as a slice of a head is.
      return x * x + y * y < 600 ? noise.integer(60, 180) : 0;
    });
    const write = anomalyBatches({ images, side, normals, patches: nsa.patches, seed: 1, batchSize });
    const values = () => new Float32Array(batchSize * area);
    const batch = { images: values(), labels: values() };
    write(0, batch);
    const step = networkStep(
      { imageSize: side, batchSize, learningRate: 1e-3, epochs: 100 },
      normals / batchSize,
      { mode: 'graph' },
    );
    step.write(initialise(residualEncoderDecoder().parameters, 1));
    return { run: () => step.run('find', batch), inputs: (number) => write(number, batch) };
  },
};
