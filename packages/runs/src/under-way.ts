import {
  type ExperimentProgress,
  experimentType,
  planningStage,
  type RunProgress,
  workflowType,
} from '@ddad/contract';
import type { Client } from '@temporalio/client';

/** What Temporal's running workflows want. */
export interface ArtifactsUnderWay {
  /** Keys of all artifacts of runs under way, finished ones among them. */
  underWay: ReadonlySet<string>;
  /** Digests of the packed images that they read. */
  datasets: ReadonlySet<string>;
  /** Runs and experiments under way whose artifacts are not all known, and why. */
  unknown: string[];
}

const listLimitMs = 20_000;
const queryLimitMs = 5_000;
const queriesAtOnce = 8;

/**
 * Asks every run and experiment that is under way, paused ones too, what it wants. A run that is being planned, does not answer, or
 * is known to its experiment alone, and an experiment that has runs to start yet, count as unknown.
 * @throws where Temporal itself does not answer
 */
export async function artifactsUnderWay(
  client: Pick<Client, 'workflow' | 'connection'>,
): Promise<ArtifactsUnderWay> {
  const { workflow, connection } = client;
  const query = `WorkflowType IN ('${workflowType}', '${experimentType}') AND ExecutionStatus = 'Running'`;
  const running = await connection.withDeadline(Date.now() + listLimitMs, async () => {
    const found: { id: string; executionId: string; type: string }[] = [];
    for await (const { workflowId, runId, type } of workflow.list({ query })) {
      found.push({ id: workflowId, executionId: runId, type });
    }
    return found;
  });

  const listed = new Set(running.map(({ executionId }) => executionId));
  const underWay = new Set<string>();
  const datasets = new Set<string>();
  const unknown: string[] = [];
  const ask = async ({ id, executionId, type }: (typeof running)[number]) => {
    let progress: RunProgress | ExperimentProgress;
    try {
      progress = await connection.withDeadline(Date.now() + queryLimitMs, () =>
        workflow.getHandle(id, executionId).query<RunProgress | ExperimentProgress>('progress'),
      );
    } catch {
      unknown.push(`${id} (does not answer)`);
      return;
    }
    if ('nodes' in progress) {
      for (const { key } of progress.nodes) underWay.add(key);
      const { stage, pausedIn = stage, datasetDigest } = progress;
      if (pausedIn === planningStage) unknown.push(`${id} (is being planned)`);
      else if (datasetDigest === undefined) unknown.push(`${id} (does not say which images it reads)`);
      else datasets.add(datasetDigest);
    } else if (type === experimentType) {
      const toStart = progress.runs.some(({ state }) => state === 'waiting');
      if (progress.stage === 'planning' || toStart) unknown.push(`${id} (has runs to start)`);
      // Temporal's list is behind what workflows know: one that has only begun was not asked.
      for (const { workflowId, runId, state } of progress.runs)
        if (state === 'running' && !(runId !== null && listed.has(runId)))
          unknown.push(`${workflowId} (is not listed yet)`);
    }
  };
  for (let at = 0; at < running.length; at += queriesAtOnce) {
    await Promise.all(running.slice(at, at + queriesAtOnce).map(ask));
  }
  return { underWay, datasets, unknown };
}
