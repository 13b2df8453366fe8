import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { deviceName } from '@ddad/jobs';
import { deviceFaults, type GpuCheckFigures } from './compare-devices.ts';
import { advice, formName, type GpuForm, gpuForms, memberSeconds, usualForm } from './forms.ts';

/** What is compared: later losses show how rounding grew. */
const processorEpochs = 3;
/** The fastest of these counts. */
const gpuEpochs = 8;
/** CUDA compiles kernels for a new GPU at the first use, which can take minutes. */
const limitMs = 900_000;
const entry = new URL('./process.ts', import.meta.url).pathname;

async function train(device: 'processor' | 'GPU', form: GpuForm, count: number): Promise<GpuCheckFigures> {
  const environment = {
    ...process.env,
    // The form says whether there is XLA, not the shell that this was started from.
    TF_XLA_FLAGS: undefined,
    ...tensorflowEnvironment(availableParallelism(), { xla: form.xla }),
    ...(device === 'processor' ? { CUDA_VISIBLE_DEVICES: '-1' } : {}),
  };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [entry, String(count), JSON.stringify(form)],
    { env: environment, timeout: limitMs },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as GpuCheckFigures;
}

/** Why a training broke off: the line that says so, not all that TensorFlow has to say. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (
    /^\w*Error: .*$/m.exec(text.slice(text.indexOf('\n')))?.[0] ?? text.trim().split('\n').at(-1) ?? text
  );
}

function show(name: string, { losses, imagesPerSecond, startSeconds }: GpuCheckFigures): void {
  const shown = losses.map((loss) => loss.toFixed(6)).join(' ');
  const [speed, start] = [imagesPerSecond.toFixed(0), startSeconds.toFixed(1)];
  console.log(`${name.padEnd(42)} ${speed.padStart(7)} images a second after ${start} s; losses ${shown}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/**
 * Trains a member for some epochs on the processor and, in several forms, on the GPU; compares the losses, prints the speeds
 * and says what to set. Ends the process with 1 and a message where there is no GPU, or it trains otherwise.
 */
export async function checkGpu(): Promise<void> {
  if (!existsSync('/dev/nvidiactl')) {
    fail(
      "No GPU: there is no /dev/nvidiactl, NVIDIA's driver. Install the driver; in a container, pass the GPU in (podman run --device " +
        "nvidia.com/gpu=all, docker run --gpus all) and use the CUDA variant of the trainer's image (make images VARIANT=cuda).",
    );
  }
  // For a GPU that is new to it the driver compiles kernels, once for all that follow.
  const first = await train('GPU', usualForm, 1);
  if (!first.gpu) {
    fail(
      'No GPU: the driver is there, but TensorFlow uses the processor. make setup brings its CPU library; the CUDA variant of the ' +
        "trainer's image has the other (make images VARIANT=cuda).",
    );
  }
  console.log(`GPU: ${deviceName()}`);
  const processor = await train('processor', { stepsACall: 1, resident: false, xla: false }, processorEpochs);
  show('processor', processor);
  const faults: string[] = [];
  const measured: { form: GpuForm; figures: GpuCheckFigures }[] = [];
  for (const form of gpuForms) {
    const name = formName(form);
    try {
      const figures = await train('GPU', form, gpuEpochs);
      show(name, figures);
      const wrong = deviceFaults(processor, figures);
      faults.push(...wrong.map((fault) => `${name}: ${fault}`));
      if (wrong.length === 0) measured.push({ form, figures });
    } catch (error) {
      faults.push(`${name}: did not train: ${reason(error)}`);
    }
  }
  const fastest = measured.toSorted((a, b) => b.figures.imagesPerSecond - a.figures.imagesPerSecond)[0];
  if (fastest !== undefined) {
    console.log(`Most images a second: ${formName(fastest.form)}.`);
    for (const { form, figures } of measured)
      console.log(
        `A member of 250 epochs: some ${memberSeconds(figures).toFixed(0)} s with ${formName(form)}.`,
      );
    console.log(advice(measured));
  }
  if (faults.length > 0) fail(`The GPU trains otherwise than the processor:\n${faults.join('\n')}`);
  console.log('The losses agree.');
}
