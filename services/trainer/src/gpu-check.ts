/**
 * For whoever has a GPU: `make gpu-check`, or in the trainer's image `node services/trainer/src/gpu-check.ts`. Trains a member for
 * some epochs on the processor and on the GPU, compares the losses and prints the speeds. Ends with 0 where all is well, else with
 * 1 and a message.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { deviceName } from '@ddad/jobs';
import { deviceFaults, type GpuCheckFigures } from './compare-devices.ts';

const epochs = 5;
/** CUDA compiles kernels for a new GPU at the first use, which can take minutes. */
const limitMs = 900_000;
const entry = new URL('./gpu-check-process.ts', import.meta.url).pathname;

async function train(device: 'processor' | 'GPU'): Promise<GpuCheckFigures> {
  const environment = {
    ...process.env,
    ...tensorflowEnvironment(availableParallelism()),
    ...(device === 'processor' ? { CUDA_VISIBLE_DEVICES: '-1' } : {}),
  };
  const { stdout } = await promisify(execFile)(process.execPath, [entry, String(epochs)], {
    env: environment,
    timeout: limitMs,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as GpuCheckFigures;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

if (!existsSync('/dev/nvidiactl')) {
  fail(
    "No GPU: there is no /dev/nvidiactl, NVIDIA's driver. Install the driver; in a container, pass the GPU in (podman run --device " +
      "nvidia.com/gpu=all, docker run --gpus all) and use the CUDA variant of the trainer's image (make images VARIANT=cuda).",
  );
}
const gpu = await train('GPU');
if (!gpu.gpu) {
  fail(
    'No GPU: the driver is there, but TensorFlow uses the processor. make setup brings its CPU library; the CUDA variant of the ' +
      "trainer's image has the other (make images VARIANT=cuda).",
  );
}
const processor = await train('processor');
const faults = deviceFaults(processor, gpu);
console.log(`GPU:       ${deviceName()}`);
for (const [device, { losses, imagesPerSecond }] of Object.entries({ processor, GPU: gpu })) {
  const shown = losses.map((loss) => loss.toFixed(6)).join(' ');
  console.log(`${device.padEnd(10)} ${imagesPerSecond.toFixed(0)} images a second; losses ${shown}`);
}
if (faults.length > 0) fail(`The GPU trains otherwise than the processor:\n${faults.join('\n')}`);
console.log('The losses agree.');
