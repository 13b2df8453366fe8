import type { RunForecast } from '@ddad/contract';
import { foresee } from './activity-stubs.ts';
import { planFailure, workflowFailure } from './failures.ts';

/**
 * Says what a run would do, and does nothing of it.
 * @param raw the run's input (`RunInput`), as it came
 * @throws ApplicationFailure of type InvalidInput with every fault of the input in its message and details
 */
export async function foreseeRun(raw: unknown): Promise<RunForecast> {
  try {
    return await foresee.executeWithOptions({ summary: 'plan' }, [raw]);
  } catch (error) {
    throw workflowFailure(planFailure(error));
  }
}
