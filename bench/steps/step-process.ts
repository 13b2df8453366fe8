/**
 * Times our training step: `step-process.ts NETWORK STEPS PRECISION` prints a JSON line. Threads are the environment's, as
 * TensorFlow reads them when it loads.
 */
import { randomStream, type Shapes, trainStep } from '@ddad/compute';
import { asrNet, backbone, initialise, shapesOf } from '@ddad/models';

const [network, count, precision] = process.argv.slice(2);
const steps = Number(count);
const isRefiner = network === 'asr';
const model = isRefiner ? asrNet({ inputs: 2 }) : backbone(network!, 64);
const shapes: Shapes = isRefiner
  ? { maps: [8, 64, 64, 2], labels: [8, 64, 64, 1] }
  : { images: [64, 64, 64, 1] };
const [learningRate, weightDecay] = isRefiner ? [1e-4, 1e-4] : [5e-4, 0];

function filled(name: string, shape: number[]): Float32Array {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  randomStream(0, name).fillUniform(name === 'images' ? -1 : 0, 1, values);
  if (name === 'labels') return values.map((value) => (value > 0.95 ? 1 : 0));
  return name === 'maps' ? values.map((value) => 0.3 * value) : values;
}
const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, filled(name, shape)]));

const started = performance.now();
const startedCpu = process.cpuUsage();
const step = trainStep({
  ...shapesOf(model.parameters),
  inputs: shapes,
  loss: (weights, buffers, given) => model.loss(weights, buffers, given as never),
  optimiser: { learningRate, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay },
  precision: precision === 'bfloat16' ? precision : 'float32',
  mode: 'graph',
});
step.write(initialise(model.parameters, 1));
step.run(inputs);
const firstSeconds = (performance.now() - started) / 1000;
const first = process.cpuUsage(startedCpu);
for (let i = 0; i < 3; i++) step.run(inputs);
const wall = performance.now();
const cpu = process.cpuUsage();
for (let i = 0; i < steps; i++) step.run(inputs);
const used = process.cpuUsage(cpu);
const figures = {
  ms: (performance.now() - wall) / steps,
  cpuMs: (used.user + used.system) / 1000 / steps,
  firstSeconds,
  firstCpuSeconds: (first.user + first.system) / 1e6,
};
console.log(JSON.stringify({ network, form: 'ours', ...figures }));
