import { cpus } from 'node:os';
import { xlaIsOn } from './environment.ts';
import { gpuDriver, gpuModel } from './gpu-model.ts';
import { instructionsOf, processorFlags } from './instructions.ts';
import { backend, tensorflowVersion } from './tensorflow.ts';

/**
 * What decides an artifact's bytes beside its specification: equal bytes are promised for equal environments only.
 * @param threads intra-op threads that TensorFlow was started with
 */
export function recordedEnvironment(threads: number): Record<string, string | number> {
  const usesGpu = backend().binding.isUsingGpuDevice();
  return {
    device: usesGpu ? 'gpu' : 'cpu',
    // CUDA's libraries are those of the image, which TensorFlow's version stands for.
    ...(usesGpu && { gpu: gpuModel() ?? 'unknown', driver: gpuDriver() ?? 'unknown' }),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    // Virtual machines give processors with and without AVX-512 the same name, and kernels for either round differently.
    instructions: instructionsOf(processorFlags()),
    threads,
    ...(xlaIsOn() && { xla: 'on' }),
    tensorflow: tensorflowVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}
