import { type WorkerState, workerStatesSchema, workersPath } from '@ddad/contract';

/** Limit of one look, in ms. */
const lookMs = 3000;

/**
 * How the coordinator says that its workers are.
 * @param pages URL of its progress pages
 * @returns null where it does not say
 */
export async function workersSeen(pages: string): Promise<WorkerState[] | null> {
  try {
    const response = await fetch(new URL(workersPath, pages), { signal: AbortSignal.timeout(lookMs) });
    const parsed = workerStatesSchema.safeParse(await response.json());
    return parsed.success ? parsed.data.workers : null;
  } catch {
    // It starts, or serves no pages.
    return null;
  }
}
