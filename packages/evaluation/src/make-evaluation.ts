import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { curveName, type EvaluationSpec, findingsSchema, heldOutScoresSchema } from '@ddad/contract';
import { testImages } from '@ddad/dataset/select';
import type { ChildResult } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { inputFile, type MakeTask } from '@ddad/jobs/task';
import { openSafetensors, type TensorFile } from '@ddad/storage/safetensors';
import { evaluate } from './evaluate.ts';
import { EvaluatedMaps } from './evaluated-maps.ts';
import { readImageScores } from './image-scores.ts';
import { intervalSteps } from './intervals.ts';
import { JobPace, plainEnvironment, Stopped } from './job-pace.ts';
import { curveSubsets, jointCurves } from './k-curve-points.ts';
import { readIndex } from './read-index.ts';
import { trainingPositions } from './training-positions.ts';

/**
 * Evaluates the scores of a run: file `evaluation` (`Findings` as JSON), with test images `scores` (scores.csv), with held-out
 * images `held-out` (`HeldOutScores` as JSON).
 * @throws ChildFault `invalid` where scores and dataset do not fit together
 */
export async function makeEvaluation(
  task: MakeTask<EvaluationSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  if (task.index === null) throw new TypeError("evaluation: expected the dataset's index, got none");
  const index = await readIndex(task.index);
  const { images, labels } = testImages(index);
  const { heldOut } = trainingPositions(index, spec);
  const read = async (of: 'test' | 'reference', count: { exactly: number } | { atLeast: number }) => {
    const sources = spec.sources.filter((source) => source.images === of);
    return sources.length === 0 ? null : await readImageScores(task, sources, spec.scores, count);
  };
  const test = await read('test', { exactly: images.length });
  const reference = await read('reference', { atLeast: heldOut.length });
  const curves: TensorFile[] = [];
  let maps: EvaluatedMaps | null = null;
  try {
    for (const place of spec.curves.keys()) {
      curves.push(await openSafetensors(inputFile(task, curveName(place), 'scores')));
    }
    const curve = curves.length === 0 ? null : jointCurves(curves);
    maps = await EvaluatedMaps.open(task, index, reference);
    context.ready();
    const steps =
      1 +
      intervalSteps(labels) +
      (curve === null ? 0 : curveSubsets(curve)) +
      (maps?.reads(heldOut.length) ?? 0);
    const pace = new JobPace(context, images.length, steps);
    const pixels = maps?.evidence((read) => pace.advanceOrStop(read)) ?? null;
    const found = await evaluate({ index, spec, test, reference, curve, pixels }, () => pace.advance(1));
    if (found === null) return null;
    const files: Record<string, string> = {};
    const write = async (name: string, file: string, content: string) => {
      files[name] = join(directory, file);
      await writeFile(files[name], content);
    };
    await write('evaluation', 'evaluation.json', JSON.stringify(findingsSchema.parse(found.findings)));
    if (found.csv !== null) await write('scores', 'scores.csv', found.csv);
    if (found.heldOut !== null)
      await write('held-out', 'held-out.json', JSON.stringify(heldOutScoresSchema.parse(found.heldOut)));
    return { files, loss: null, seconds: pace.seconds, environment: plainEnvironment() };
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  } finally {
    await maps?.close();
    for (const curve of curves) await curve.close();
  }
}
