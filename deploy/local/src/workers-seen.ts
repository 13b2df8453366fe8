import { type WorkerState, workerStatesSchema, workersPath } from '@ddad/contract';
import { getHere } from './get-here.ts';

/** Limit of one look, in ms. */
const lookMs = 3000;

/**
 * How the coordinator says that its workers are.
 * @param pages URL of its progress pages
 * @returns null where it does not say
 */
export async function workersSeen(pages: string): Promise<WorkerState[] | null> {
  try {
    const { body } = await getHere(new URL(workersPath, pages), lookMs);
    const parsed = workerStatesSchema.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data.workers : null;
  } catch {
    // It starts, or serves no pages.
    return null;
  }
}
