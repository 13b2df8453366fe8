import type { AddMembersResult } from '@ddad/contract';
import { plural } from '../figures.ts';
import type { Screens } from '../screen.ts';
import type { TemporalRuns } from '../temporal-runs.ts';
import { runningRun } from './running-run.ts';

/**
 * `ddad add-members`: raises K of a run that still trains; the additional members are trained beside the others.
 * @throws CommandFailure where there is no such run, it is past training, or K is not larger than now
 */
export async function addMembersToRun(
  { runs, screens }: { runs: TemporalRuns; screens: Screens },
  options: { run: string; k: number },
): Promise<AddMembersResult & { workflowId: string; runId: string }> {
  const entry = await runningRun(runs, options.run, 'added to');
  const { k, added } = await runs.addMembers(entry, options.k);
  const names = added.map(({ role, index }) => `${role} ${index}`).join(', ');
  screens.out.write(`${entry.id}: K = ${k} from now on, ${plural(added.length, 'member')} more (${names})\n`);
  return { workflowId: entry.id, runId: entry.executionId, k, added };
}
