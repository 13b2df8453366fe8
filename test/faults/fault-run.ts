import { setTimeout as delay } from 'node:timers/promises';
import { type RunProgress, type RunResult, taskQueue, workflowType } from '@ddad/contract';
import { WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import type { RandomValues } from '../random-values.ts';
import type { FaultCluster } from './fault-cluster.ts';
import type { RunUnderFault } from './kinds/fault-kind.ts';
import type { PlannedFault } from './schedule.ts';

/** One run that was disturbed, to its end. */
export interface DisturbedRun {
  workflowId: string;
  /** Null where it did not complete; then `failure` says why. */
  result: RunResult | null;
  failure: string | null;
  /** Names of the kinds that were done, in order. */
  inflicted: string[];
  /** Those that found nothing to be done to before the run had ended. */
  missed: PlannedFault[];
  damaged: Set<string>;
  seconds: number;
}

const lookMs = 200;
/** How long a fault waits for something to be done to, before the next one has its turn. */
const findMs = 20_000;

/** Starts a run and disturbs it by faults, one after the other or overlapping, until all are done or it has ended. */
export async function disturb(
  cluster: FaultCluster,
  workflowId: string,
  input: object,
  faults: readonly PlannedFault[],
  random: RandomValues,
  say: (text: string) => void,
  limitMs: number,
): Promise<DisturbedRun> {
  const began = performance.now();
  const { workflow } = cluster.temporal;
  const start = () => workflow.start(workflowType, { taskQueue, workflowId, args: [input] });
  await start();
  // Whichever of that name is the last: faults start it anew.
  const handle = workflow.getHandle(workflowId);
  const watch = watchRun(handle, began + limitMs);
  const run: RunUnderFault = {
    workflowId,
    progress: watch.progress,
    startAnew: () =>
      watch.lookingAway(async () => {
        await handle.terminate('a fault of a test');
        // Temporal may be away by another fault.
        for (let tries = 1; ; tries += 1) {
          try {
            await start();
            return;
          } catch (error) {
            if (tries === 30 || error instanceof WorkflowExecutionAlreadyStartedError) throw error;
            await delay(1000);
          }
        }
      }),
  };
  const damaged = new Set<string>();
  const inflicted: string[] = [];
  const missed: PlannedFault[] = [];
  const lasting: Promise<void>[] = [];
  for (const fault of faults) {
    await delay(fault.afterMs);
    const work = (async () => {
      const { kind, lastsMs } = fault;
      // What is done to the scoring is there last.
      while (kind.phase === 'scoring' && !watch.over() && !watch.in('scoring')) await delay(lookMs);
      const giveUpAt = performance.now() + findMs;
      const phaseReached = async () => {
        while (!watch.over() && !watch.in(kind.phase) && performance.now() < giveUpAt) await delay(lookMs);
        return watch.in(kind.phase) && !watch.over();
      };
      while (performance.now() < giveUpAt && (await phaseReached())) {
        const at = new Date().toISOString();
        const what = await kind.inflict({ cluster, run, random, lastsMs, damaged });
        if (what !== null) {
          inflicted.push(kind.name);
          say(`${at} ${workflowId}: ${kind.name}: ${what}`);
          return;
        }
        await delay(lookMs);
      }
      missed.push(fault);
      say(`${new Date().toISOString()} ${workflowId}: ${kind.name}: left out, nothing to be done to`);
    })();
    if (fault.overlaps) lasting.push(work);
    else await work;
  }
  await Promise.all(lasting);
  const failure = await watch.end;
  const result = failure === null ? ((await handle.result()) as RunResult) : null;
  const seconds = (performance.now() - began) / 1000;
  say(`${new Date().toISOString()} ${workflowId}: ${failure ?? 'completed'} after ${seconds.toFixed(0)} s`);
  return { workflowId, result, failure, inflicted, missed, damaged, seconds };
}

/** Follows a run through servers that come and go. */
function watchRun(handle: WorkflowHandle, giveUpAt: number) {
  let progress: RunProgress | null = null;
  let over = false;
  let lookedAway: Promise<unknown> = Promise.resolve();
  const connection = handle.client.connection;
  const ask = <T>(question: () => Promise<T>): Promise<T | null> =>
    connection.withDeadline(Date.now() + 3000, question).catch(() => null);
  const end = (async () => {
    for (;;) {
      await lookedAway;
      const status = await ask(async () => (await handle.describe()).status.name);
      if (status !== null && status !== 'RUNNING') {
        over = true;
        if (status === 'COMPLETED') return null;
        const reason = await handle.result().catch((error: Error) => error.cause ?? error);
        return `${status}: ${reason}`;
      }
      if (performance.now() > giveUpAt) {
        over = true;
        await ask(() => handle.terminate('out of time'));
        return `not at its end in time; last seen in stage ${progress?.stage}`;
      }
      progress = (await ask(() => handle.query<RunProgress>('progress'))) ?? progress;
      await delay(lookMs);
    }
  })();
  return {
    /** Why it did not complete, or null. */
    end,
    over: () => over,
    progress: () => progress,
    /** Does what ends the run, and begins it again, unseen. @throws what the work throws */
    async lookingAway(work: () => Promise<void>): Promise<void> {
      const done = work();
      lookedAway = done.catch(() => {});
      await done;
    },
    in(phase: 'training' | 'scoring' | null): boolean {
      if (progress === null) return false;
      const { stage, nodes } = progress;
      const members = nodes.filter(({ member }) => member !== undefined);
      if (phase === null) return true;
      if (phase === 'scoring') return stage === 'maps' || stage === 'refining';
      // Not where the last one is about to finish: what is damaged then may have been read for the last time.
      return stage === 'training' && members.some(({ done, total }) => done < 0.6 * total);
    },
  };
}
