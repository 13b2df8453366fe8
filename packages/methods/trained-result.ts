import { join } from 'node:path';
import { recordedEnvironment, type TensorData } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { TrainingOutcome } from '@ddad/jobs/training';
import { type ParameterSpec, toPyTorch } from '@ddad/models';
import { writeSafetensors } from '@ddad/storage/safetensors';

/** Writes tensors to a task's directory, as the artifact's file of this name. @returns its path */
export async function writeTensors(
  { directory }: Pick<MakeTask, 'directory'>,
  name: string,
  tensors: ReadonlyMap<string, TensorData>,
  metadata?: Readonly<Record<string, string>>,
): Promise<string> {
  const path = join(directory, `${name}.safetensors`);
  await writeSafetensors(path, tensors, metadata);
  return path;
}

/**
 * Writes a network's weights under PyTorch's names and layouts, as the artifact's file `weights`.
 * @param tensors all parameters in TensorFlow's layouts; others are left out
 * @param facts what the file says of itself beside the recipe
 * @returns its path
 */
export function writeWeights(
  task: Pick<MakeTask<{ recipe: number }>, 'directory' | 'spec'>,
  parameters: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, TensorData>,
  facts: Readonly<Record<string, string>> = {},
): Promise<string> {
  const metadata = { format: 'pt', ...facts, recipe: String(task.spec.recipe) };
  return writeTensors(task, 'weights', toPyTorch(parameters, tensors), metadata);
}

/** What the maker of a trained artifact hands back. @param files their paths by name */
export function trainedResult(
  { threads }: Pick<MakeTask, 'threads'>,
  { loss, history, seconds }: NonNullable<TrainingOutcome>,
  files: Record<string, string>,
): ChildResult {
  return { loss, history, seconds, files, environment: recordedEnvironment(threads) };
}
