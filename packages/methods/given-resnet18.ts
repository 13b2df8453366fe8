import type { TensorData } from '@ddad/compute';
import type { MakeTask } from '@ddad/jobs/task';
import { fromPyTorch, type ParameterSpec } from '@ddad/models';
import { inputTensors } from './input-tensors.ts';

/**
 * Weights of a ResNet18 that a user gave, which a task has as its input `pretrained`, in TensorFlow's layouts. What else a file of
 * torchvision holds is left out: its classifier (`fc`) and counts of batches, which `resnet18Layout` lets pass.
 * @param parameters the ResNet18's, under torchvision's names behind `prefix`
 * @returns them under the parameters' names
 * @throws Error that lists every missing tensor and every wrong shape, though a run with such weights is refused before
 */
export async function givenResnet18(
  task: Pick<MakeTask, 'kind' | 'inputs'>,
  parameters: readonly ParameterSpec[],
  prefix = '',
): Promise<Map<string, TensorData>> {
  const given = await inputTensors(task, 'pretrained');
  const known = parameters.flatMap(({ name }) => {
    const tensor = given.get(name.slice(prefix.length));
    return tensor === undefined ? [] : [[name, tensor] as const];
  });
  return fromPyTorch(parameters, new Map(known));
}
