import { xlaIsOn } from './environment.ts';
import { backend } from './tensorflow.ts';

/**
 * Steps a call where nobody said how many. Between two calls a GPU waits for the processor, several times as long as a step of a
 * small network takes; a processor has nothing to wait for. XLA compiles each of the steps by itself, for seconds to minutes, and
 * has fewer calls to make inside of them.
 */
export function usualStepsACall(): number {
  return backend().binding.isUsingGpuDevice() && !xlaIsOn() ? 8 : 1;
}
