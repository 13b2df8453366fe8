import type { TensorData } from '@ddad/compute';
import { inputFile, type MakeTask } from '@ddad/jobs/task';
import { readSafetensors } from '@ddad/storage/safetensors';

/**
 * Tensors of an artifact that a kind's `needs` name, as its file has them.
 * @throws where the kind asks for none such: a defect of the method
 */
export async function inputTensors(
  task: Pick<MakeTask, 'kind' | 'inputs'>,
  name: string,
  file = 'weights',
): Promise<Map<string, TensorData>> {
  return (await readSafetensors(inputFile(task, name, file))).tensors;
}
