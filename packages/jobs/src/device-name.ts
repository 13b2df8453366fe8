import { cpus } from 'node:os';
import { gpuModel } from '@ddad/compute/gpu-model';

/** Model of the GPU that the driver shows, or of the processor; for people. */
export function deviceName(): string {
  return gpuModel() ?? cpus()[0]?.model.trim() ?? 'unknown processor';
}
