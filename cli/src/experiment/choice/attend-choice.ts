import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usualBootstrap } from '@ddad/anomaly/usual-bootstrap';
import type { ChoiceMode } from '@ddad/contract';
import {
  ArtifactNotFound,
  DigestMismatch,
  MalformedObject,
  ObjectNotFound,
  type ObjectStore,
  StoreError,
} from '@ddad/storage';
import { CommandFailure } from '../../failure.ts';
import type { ExperimentOutcome } from '../finished-runs.ts';
import { type Choice, type ComparedRun, chooseRun } from './choose-run.ts';
import { type ReferenceImages, referenceImages, referencePatients } from './reference-images.ts';
import { referenceScores } from './reference-scores.ts';
import { type SourceDifference, sourceDifferences } from './source-differences.ts';

/** What an experiment's choice came to: `choice.json`. */
export interface ChoiceReport {
  choice: Choice;
  /** What tells the images apart without any network; null where the dataset is gone. */
  sources: SourceDifference[] | null;
  /** Finished runs that could not be compared. */
  leftOut: { workflowId: string; reason: string }[];
}

/**
 * Chooses one of an experiment's finished runs without labels.
 * @throws CommandFailure where none can be compared
 */
export async function attendChoice(
  store: ObjectStore,
  { runs }: ExperimentOutcome,
  among: ChoiceMode,
): Promise<ChoiceReport> {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-choice-'));
  try {
    const compared: ComparedRun[] = [];
    const leftOut: ChoiceReport['leftOut'] = [];
    for (const run of runs) {
      const found = await referenceScores(store, run.result, directory);
      if ('missing' in found) leftOut.push({ workflowId: run.workflowId, reason: found.missing });
      else compared.push({ ...run, reference: found });
    }
    const [first] = compared;
    if (first === undefined) throw nothingToChoose(leftOut);
    const { result, reference } = first;
    const found = await referenceImages(store, result, reference.selection);
    const { heldOut, unlabeled } = reference.images;
    const known = found?.heldOut.length === heldOut && found.unlabeled.length === unlabeled ? found : null;
    const patients = known === null ? null : referencePatients(known);
    const choice = chooseRun(compared, among, usualBootstrap(), patients);
    const sources = known === null ? null : await sourcesOf(store, result.dataset, known, directory);
    return { choice, sources, leftOut };
  } catch (error) {
    if (!hindrances.some((kind) => error instanceof kind)) throw error;
    throw new CommandFailure(`none of the runs was chosen: ${(error as Error).message}`, undefined, {
      cause: error,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What is said in a sentence of its own: nothing to compare, or scores that are gone or damaged. */
const hindrances = [RangeError, ArtifactNotFound, StoreError, DigestMismatch, MalformedObject];

/** @returns null where the dataset's pixels have gone from the store */
async function sourcesOf(store: ObjectStore, dataset: string, images: ReferenceImages, directory: string) {
  try {
    return await sourceDifferences(store, dataset, images, directory);
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

function nothingToChoose(leftOut: ChoiceReport['leftOut']): CommandFailure {
  const reasons = leftOut.map(({ workflowId, reason }) => `  ${workflowId}: ${reason}`);
  const came = leftOut.length === 0 ? 'no run finished' : 'of those that finished none could be compared:';
  return new CommandFailure([`none of the runs was chosen: ${came}`, ...reasons].join('\n'));
}
