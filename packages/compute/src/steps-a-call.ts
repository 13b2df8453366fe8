import { backend } from './tensorflow.ts';

/**
 * Steps a call where nobody said how many. Between two calls a GPU waits for the processor, several times as long as a step of a
 * small network takes; a processor has nothing to wait for.
 */
export function usualStepsACall(): number {
  return backend().binding.isUsingGpuDevice() ? 8 : 1;
}
