import type { Pool, RunForecast } from '@ddad/contract';
import { latestCheckpoint } from '@ddad/storage';
import type { WorkerJob } from '../dispatch/job-link.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { type PlanDeps, planRun } from './plan.ts';

export interface ForeseeDeps extends PlanDeps {
  workers: Record<Pool, Pick<Dispatcher<WorkerJob>, 'workers'>>;
}

/**
 * What a run of this input would make, what of it is there already, and how long the rest takes, as far as that is known.
 * @throws ApplicationFailure of type InvalidInput with every fault
 */
export async function foreseeRun(deps: ForeseeDeps, raw: unknown): Promise<RunForecast> {
  const { basis, stages, nodes, about } = await planRun(deps, raw);
  const titles = new Map(stages.map(({ name, title }) => [name, title]));
  const present = (pool: Pool) => deps.workers[pool].workers.filter(({ leaving }) => !leaving).length;
  return {
    input: basis.settings,
    datasetDigest: basis.datasetDigest,
    deviations: about.deviations,
    stages: [...titles.values()],
    nodes: await Promise.all(
      nodes.map(async ({ id, kind, key, stage, unit, pool, total, finished, expectedSeconds }) => ({
        ...{ id, kind, key, unit, total },
        stage: titles.get(stage) ?? stage,
        madeBy: pool === 'train' ? 'trainer' : 'scorer',
        found: finished,
        resumes: !finished && (await latestCheckpoint(deps.store, kind, key)) !== null,
        ...(expectedSeconds === undefined ? {} : { expectedSeconds }),
      })),
    ),
    workers: { trainer: present('train'), scorer: present('score') },
  };
}
