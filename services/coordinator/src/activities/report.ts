import {
  optionalFindings,
  type ReportFacts,
  type ReportFindings,
  type RunResult,
  type RunScores,
} from '@ddad/contract';
import { unary } from '@ddad/rpc';
import { Context } from '@temporalio/activity';
import { toTemporalFailure } from '../job-failures.ts';
import type { WithScorer } from '../scorer-link.ts';
import { type DamagedInputsDeps, explainByInputs, type JobInput } from './damaged-inputs.ts';

export interface ReportDeps extends DamagedInputsDeps {
  withScorer: WithScorer;
}

const reportLimitMs = 600_000;

/** Has scores.csv, report.json and the page written. Writing them again gives the same, so that a retry does no harm. */
export async function writeReport(deps: ReportDeps, facts: ReportFacts): Promise<ReportFindings> {
  const context = Context.current();
  try {
    const { reportKey, pageKey, scoresKey, scoresJson } = await deps.withScorer((client) =>
      unary(
        client,
        client.report,
        { runId: facts.runId, factsJson: JSON.stringify(facts) },
        { limitMs: reportLimitMs, signal: context.cancellationSignal },
      ),
    );
    const report = JSON.parse((await deps.store.get(reportKey)).toString('utf8')) as Partial<RunResult>;
    const found = optionalFindings.filter((name) => report[name] !== undefined);
    return {
      ...(Object.fromEntries(found.map((name) => [name, report[name]])) as Partial<ReportFindings>),
      scores: JSON.parse(scoresJson) as RunScores | null,
      files: { report: reportKey, page: pageKey, scores: scoresKey === '' ? null : scoresKey },
    };
  } catch (error) {
    if (context.cancellationSignal.aborted) return await context.cancelled;
    throw await explainByInputs(deps, inputsOf(facts), toTemporalFailure(error, 'report'));
  }
}

/** The artifacts that the report tells of. */
function inputsOf({ artifacts, refined, reference, members }: ReportFacts): JobInput[] {
  const keys = [
    { kind: 'maps', key: artifacts.maps },
    { kind: 'kcurves', key: artifacts.kCurve ?? null },
    { kind: 'refined', key: refined.rIntra },
    { kind: 'refined', key: refined.rDual },
    { kind: 'maps', key: reference?.maps ?? null },
    { kind: 'refined', key: reference?.rIntra ?? null },
    { kind: 'refined', key: reference?.rDual ?? null },
    ...members.map(({ key }) => ({ kind: 'members', key }) as const),
  ] as const;
  return keys.flatMap(({ kind, key }) => (key === null ? [] : [{ kind, key }]));
}
