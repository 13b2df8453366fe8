import type { MemberResult, ReportFacts } from '@ddad/contract';
import { Context } from '@temporalio/activity';
import { type PlanDeps, planRun, type RunPlan } from './plan.ts';
import { type ReportDeps, type ReportFindings, writeReport } from './report.ts';
import { type MapsArgs, makeScoreMaps, type RefineArgs, type ScoreDeps, trainRefiner } from './score.ts';
import { type TrainMemberArgs, type TrainMemberDeps, trainOneMember } from './train-member.ts';

export type ActivityDeps = PlanDeps & TrainMemberDeps & ScoreDeps & ReportDeps;

/** The activities of `trainEnsemble`, as Temporal names them. */
export function createActivities(deps: ActivityDeps) {
  return {
    /** Validates the input and works out every key of the run. */
    async plan(raw: unknown): Promise<RunPlan> {
      Context.current().heartbeat();
      const beating = setInterval(() => Context.current().heartbeat(), deps.beatMs);
      try {
        return await planRun(deps, raw);
      } finally {
        clearInterval(beating);
      }
    },
    trainMember: (args: TrainMemberArgs): Promise<MemberResult> => trainOneMember(deps, args),
    makeMaps: (args: MapsArgs): Promise<void> => makeScoreMaps(deps, args),
    refine: (args: RefineArgs): Promise<void> => trainRefiner(deps, args),
    report: (facts: ReportFacts): Promise<ReportFindings> => writeReport(deps, facts),
  };
}

export type Activities = ReturnType<typeof createActivities>;
