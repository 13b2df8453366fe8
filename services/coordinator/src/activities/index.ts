import type { ExperimentFile, MemberResult, ReportFacts, ReportFindings } from '@ddad/contract';
import { Context } from '@temporalio/activity';
import { type ExperimentPlan, planExperiment, publishExperiment } from './experiment.ts';
import {
  type PlanDeps,
  type PlannedRun,
  planFurtherMembers,
  planRun,
  planScoringOf,
  type RunPlan,
} from './plan.ts';
import type { EnsembleKeys, MemberPlan, ScoringPlan, WantedMember } from './planned-artifacts.ts';
import { type ReportDeps, writeReport } from './report.ts';
import {
  type KCurveArgs,
  type MapsArgs,
  makeScoreMaps,
  type RefineArgs,
  type ScoreDeps,
  scoreSubsets,
  trainRefiner,
} from './score.ts';
import { type TrainMemberArgs, type TrainMemberDeps, trainOneMember } from './train-member.ts';

export type ActivityDeps = PlanDeps & TrainMemberDeps & ScoreDeps & ReportDeps;

/** The activities of the workflows, as Temporal names them. */
export function createActivities(deps: ActivityDeps) {
  /** Keeps the activity alive while a short one works. */
  const beating = async <T>(work: Promise<T>): Promise<T> => {
    const context = Context.current();
    context.heartbeat();
    const timer = setInterval(() => context.heartbeat(), deps.beatMs);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  };
  return {
    /** Validates the input and works out every key of the run. */
    plan: (raw: unknown): Promise<RunPlan> => beating(planRun(deps, raw)),
    /** Works out members that the run did not plan at first. */
    planMembers: (run: PlannedRun, wanted: WantedMember[]): Promise<MemberPlan[]> =>
      beating(planFurtherMembers(deps, run, wanted)),
    /** Works out maps and refiners of other members than those planned at first. */
    planScoring: (run: PlannedRun, keys: EnsembleKeys): Promise<ScoringPlan> =>
      beating(planScoringOf(deps, run, keys)),
    trainMember: (args: TrainMemberArgs): Promise<MemberResult> => trainOneMember(deps, args),
    makeMaps: (args: MapsArgs): Promise<void> => makeScoreMaps(deps, args),
    makeKCurve: (args: KCurveArgs): Promise<void> => scoreSubsets(deps, args),
    refine: (args: RefineArgs): Promise<void> => trainRefiner(deps, args),
    report: (facts: ReportFacts): Promise<ReportFindings> => beating(writeReport(deps, facts)),
    /** Validates every combination of an experiment. */
    planExperiment: (raw: unknown): Promise<ExperimentPlan> => beating(planExperiment(deps, raw)),
    publishExperiment: (experiment: ExperimentFile): Promise<void> =>
      beating(publishExperiment(deps, experiment)),
  };
}

export type Activities = ReturnType<typeof createActivities>;
