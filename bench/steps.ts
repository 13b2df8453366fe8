/**
 * Times our training steps: `steps.ts NETWORK STEPS` prints a JSON line. Threads are the environment's
 * (TF_NUM_INTRAOP_THREADS), as TensorFlow reads them when it loads.
 */
import { randomStream, type TrainStep, trainStep } from '@ddad/compute';
import { asrNet, backbone, initialise, shapesOf } from '@ddad/models';

const [network, count, precision] = process.argv.slice(2);
const steps = Number(count);
const optimiser = { beta1: 0.5, beta2: 0.999, epsilon: 1e-8 };

function filled(size: number, high: number): Float32Array {
  const values = new Float32Array(size);
  randomStream(0, size).fillUniform(-high, high, values);
  return values;
}

function make(): { step: TrainStep; inputs: Record<string, Float32Array> } {
  if (network === 'ae') {
    const model = backbone('ae');
    const step = trainStep({
      ...shapesOf(model.parameters),
      inputs: { images: [64, 64, 64, 1] },
      loss: (weights, buffers, { images }) => model.loss(weights, buffers, { images }),
      optimiser: { ...optimiser, learningRate: 5e-4, weightDecay: 0 },
      precision: precision === 'bfloat16' ? precision : 'float32',
      mode: 'graph',
    });
    step.write(initialise(model.parameters, 1));
    return { step, inputs: { images: filled(64 * 64 * 64, 1) } };
  }
  const model = asrNet({ inputs: 2 });
  const step = trainStep({
    ...shapesOf(model.parameters),
    inputs: { maps: [8, 64, 64, 2], labels: [8, 64, 64, 1] },
    loss: (weights, buffers, { maps, labels }) => model.loss(weights, buffers, { maps, labels }),
    optimiser: { ...optimiser, learningRate: 1e-4, weightDecay: 1e-4 },
    precision: precision === 'bfloat16' ? precision : 'float32',
    mode: 'graph',
  });
  step.write(initialise(model.parameters, 1));
  const labels = filled(8 * 64 * 64, 1).map((value) => (value > 0.9 ? 1 : 0));
  return { step, inputs: { maps: filled(8 * 64 * 64 * 2, 0.3).map(Math.abs), labels } };
}

const started = performance.now();
const { step, inputs } = make();
step.run(inputs);
const firstSeconds = (performance.now() - started) / 1000;
for (let i = 0; i < 3; i++) step.run(inputs);
const wall = performance.now();
const cpu = process.cpuUsage();
for (let i = 0; i < steps; i++) step.run(inputs);
const used = process.cpuUsage(cpu);
const figures = {
  ms: (performance.now() - wall) / steps,
  cpuMs: (used.user + used.system) / 1000 / steps,
  firstSeconds,
};
console.log(JSON.stringify({ network, form: 'graph', ...figures }));
