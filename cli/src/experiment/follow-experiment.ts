import type { ExperimentProgress, ExperimentResult, ExperimentRunEnd, RunProgress } from '@ddad/contract';
import { aborted, pause } from '../waiting.ts';
import type { ExperimentDisplay } from './experiment-display.ts';
import { SharePace, shareOf } from './share-done.ts';

export interface FollowExperimentDeps {
  /** Asks the experiment how it goes; rejects where it does not answer in time. */
  queryProgress(): Promise<ExperimentProgress>;
  /** The same of one of its runs. */
  queryRun(run: { workflowId: string; runId: string }): Promise<RunProgress>;
  /** Settles when the experiment has ended. */
  result: Promise<ExperimentResult>;
  display: ExperimentDisplay;
  /** Milliseconds, only forward. */
  now(): number;
  /** Aborted when the user wants to stop following; following then ends with the signal's reason. */
  detach: AbortSignal;
  /** Milliseconds between queries. */
  interval?: number;
}

/** A run that failed has nothing left to do either. */
const endedStates: ReadonlySet<string> = new Set<ExperimentRunEnd>(['finished', 'failed', 'cancelled']);

/** For how long the coordinator may be silent before the user hears of it, in milliseconds. */
const patience = 8_000;

/**
 * Follows an experiment until it has ended and shows how its runs go meanwhile.
 * @throws what `result` rejects with, or the reason of `detach`
 */
export async function followExperiment(deps: FollowExperimentDeps): Promise<ExperimentResult> {
  const { display, now, detach } = deps;
  const over = new AbortController();
  const since = now();
  const pace = new SharePace();
  /** Of runs that go on, as they said last. */
  const shares = new Map<string, number>();
  let heardAt = since;

  async function ask(): Promise<void> {
    try {
      const { stage, runs } = await deps.queryProgress();
      // What a run does is a remark only: one that does not answer right now is shown without.
      const views = await Promise.all(
        runs.map(async ({ workflowId, runId, axes, state }) => {
          const going = state === 'running' && runId !== null;
          const progress = going ? await deps.queryRun({ workflowId, runId }).catch(() => null) : null;
          if (progress !== null) shares.set(workflowId, shareOf(progress));
          const share = endedStates.has(state) ? 1 : (shares.get(workflowId) ?? 0);
          return { workflowId, axes, state, doing: progress === null ? null : doing(progress), share };
        }),
      );
      if (over.signal.aborted) return;
      heardAt = now();
      display.note(null);
      const share = views.length === 0 ? 0 : views.reduce((sum, run) => sum + run.share, 0) / views.length;
      const left = stage === 'running' ? pace.left(share, heardAt) : null;
      display.update({ stage, runs: views, share, left, elapsed: (heardAt - since) / 1000 });
    } catch (error) {
      // A query may fail while servers restart; the experiment does not depend on it, and its end comes by `result`.
      if (over.signal.aborted || now() - heardAt < patience) return;
      const reason = error instanceof Error ? error.message : String(error);
      display.note(`no news of the experiment for ${Math.round((now() - heardAt) / 1000)} s: ${reason}`);
    }
  }
  async function keepAsking(): Promise<void> {
    while (!over.signal.aborted) {
      await ask();
      await pause(deps.interval ?? 2_000, over.signal);
    }
  }

  const asking = keepAsking();
  try {
    const result = await Promise.race([deps.result, aborted(detach)]);
    await ask();
    return result;
  } finally {
    over.abort();
    display.close();
    await asking;
  }
}

/** `training, 2 of 6 members finished`. */
function doing({ stage, nodes }: RunProgress): string {
  const members = nodes.filter((node) => node.stage === stage && node.member !== undefined);
  if (members.length === 0) return stage;
  const finished = members.filter(({ state }) => state === 'finished').length;
  return `${stage}, ${finished} of ${members.length} members finished`;
}
