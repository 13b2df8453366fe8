import { NotFinite, verifyTensors } from '@ddad/storage/safetensors';
import { ChildFault } from './child-fault.ts';

/**
 * Checks every value of a safetensors file of 32-bit floats, in pieces.
 * @throws ChildFault `diverged` that names the tensor and the index of the first value that is not finite
 */
export async function assertFinite(path: string): Promise<void> {
  try {
    await verifyTensors(path);
  } catch (error) {
    throw error instanceof NotFinite ? new ChildFault('diverged', error.message) : error;
  }
}
