import type { ReportFacts, RunResult, RunScores } from '@ddad/contract';
import { type ScorerServiceClient, unary } from '@ddad/rpc';
import type { ObjectStore } from '@ddad/storage';
import { Context } from '@temporalio/activity';
import { toTemporalFailure } from '../job-failures.ts';

export interface ReportDeps {
  store: ObjectStore;
  scorerClient: ScorerServiceClient;
  beatMs: number;
}

/** What the report itself finds. */
export type ReportFindings = Pick<RunResult, 'scores' | 'withoutCopies' | 'files'>;

const reportLimitMs = 600_000;

/** Has scores.csv and report.json written. Writing them again gives the same, so that a retry does no harm. */
export async function writeReport(deps: ReportDeps, facts: ReportFacts): Promise<ReportFindings> {
  const context = Context.current();
  context.heartbeat();
  const beating = setInterval(() => context.heartbeat(), deps.beatMs);
  try {
    const { reportKey, scoresKey, scoresJson } = await unary(
      deps.scorerClient,
      deps.scorerClient.report,
      { runId: facts.runId, factsJson: JSON.stringify(facts) },
      { limitMs: reportLimitMs, signal: context.cancellationSignal },
    );
    const scores = JSON.parse(scoresJson) as RunScores | null;
    const { withoutCopies } = JSON.parse(
      (await deps.store.get(reportKey)).toString('utf8'),
    ) as Partial<RunResult>;
    return {
      scores,
      ...(withoutCopies === undefined ? {} : { withoutCopies }),
      files: { report: reportKey, scores: scoresKey === '' ? null : scoresKey },
    };
  } catch (error) {
    if (context.cancellationSignal.aborted) return await context.cancelled;
    throw toTemporalFailure(error, 'report');
  } finally {
    clearInterval(beating);
  }
}
