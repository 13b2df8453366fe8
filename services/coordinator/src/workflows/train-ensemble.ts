import type {
  AddMembersInput,
  AddMembersResult,
  ReportFacts,
  ReportFindings,
  Role,
  RunProgress,
  RunResult,
  Stage,
} from '@ddad/contract';
import { addMembersUpdate, defaultImageSize, pauseSignal, resumeSignal } from '@ddad/contract';
import {
  type ActivityOptions,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunPlan } from '../activities/plan.ts';
import type { ScoringPlan } from '../activities/planned-artifacts.ts';
import type { RefineArgs } from '../activities/score.ts';
import type { RunIdentity } from '../dispatcher.ts';
import { failureTypes } from '../failure-types.ts';
import { memberProgressSignal } from '../member-progress.ts';
import { makeKCurve, makeMaps, plan, planScoring, refine, report } from './activity-stubs.ts';
import { allOrNone } from './all-or-none.ts';
import { damageIn, planFailure, stageFailure, workflowFailure } from './failures.ts';
import { Growth } from './growth.ts';
import { MemberTraining } from './member-training.ts';
import { Pausing } from './pausing.ts';
import { RunState } from './run-state.ts';
import { describeRun } from './search-attributes.ts';

export const progressQuery = defineQuery<RunProgress>('progress');
export const progressSignal = defineSignal<[unknown]>(memberProgressSignal);
export const pause = defineSignal(pauseSignal);
export const resume = defineSignal(resumeSignal);
export const addMembers = defineUpdate<AddMembersResult, [AddMembersInput]>(addMembersUpdate);

/** How often a run makes again what it finds damaged. */
const remakes = 3;

/** What the run's stages share. */
interface Run {
  state: RunState;
  pausing: Pausing;
  growth: Growth;
  identity: RunIdentity;
  seconds: RunResult['seconds'];
  /** In ms since 1970. */
  startedAt: number;
}

/**
 * Trains an ensemble, scores the test images and reports.
 * @param raw the run's input (`RunInput`), as it came: the plan checks it.
 * @throws ApplicationFailure; of type InvalidInput with every fault of the input in its message and details.
 */
export async function trainEnsemble(raw: unknown): Promise<RunResult> {
  const state = new RunState();
  const growth = new Growth(state);
  const pausing: Pausing = new Pausing(() =>
    state.pausing(pausing.paused ? 'paused' : pausing.wanted ? 'wanted' : 'no'),
  );
  setHandler(progressQuery, () => state.progress());
  setHandler(progressSignal, (rows) => state.heard(rows));
  setHandler(pause, () => pausing.pause());
  setHandler(resume, () => pausing.resume());
  setHandler(addMembers, (input) => growth.add(input), { validator: (input) => growth.check(input) });
  const { workflowId, runId, startTime } = workflowInfo();
  try {
    return await runStages(raw, {
      state,
      pausing,
      growth,
      identity: { workflowId, runId, startedAt: startTime.getTime() },
      seconds: { plan: 0, train: 0, maps: 0, refine: 0, report: 0, total: 0 },
      startedAt: Date.now(),
    });
  } catch (error) {
    throw workflowFailure(error);
  }
}

async function runStages(raw: unknown, run: Run): Promise<RunResult> {
  const { state, growth } = run;
  const planned = await stage(run, 'planning', () => makePlan(raw));
  state.asked(planned.input);
  state.scoring(planned);
  const options: ActivityOptions = { heartbeatTimeout: planned.heartbeatTimeoutMs };
  const training = new MemberTraining(
    {
      state,
      pausing: run.pausing,
      run: run.identity,
      planned: asPlanned(planned),
      minMembers: planned.input.minMembers,
      options,
    },
    planned.members,
  );
  growth.begin(planned, training);
  if (planned.searchAttributes) describeRun(planned.input);

  for (let round = 0; ; round += 1) {
    const scoring = await stage(run, 'training', async () => {
      await training.train();
      return scoringOf(planned, training);
    });
    state.scoring(scoring);
    try {
      return await score(run, planned, training, scoring, options);
    } catch (error) {
      const damaged = damageIn(error);
      if (damaged === null || round === remakes) throw error;
      training.again(new Map(damaged.map(({ key, fault }) => [key, fault])));
    }
  }
}

/** Everything after training: maps, refiners, report. */
async function score(
  run: Run,
  planned: RunPlan,
  training: MemberTraining,
  { maps, kCurve, reference, refiners }: ScoringPlan,
  options: ActivityOptions,
): Promise<RunResult> {
  const { state, growth, pausing, identity, seconds, startedAt } = run;
  const { datasetDigest, selection } = planned;
  const images = { run: identity, datasetDigest, selection };
  if (maps !== null) {
    const tasks = [
      () =>
        naming(
          'the maps',
          pausing.run(() =>
            makeMaps.executeWithOptions({ ...options, summary: 'maps' }, [{ ...images, ...maps }]),
          ),
        ),
    ];
    if (kCurve) {
      tasks.push(() =>
        naming(
          'the K-curve',
          pausing.run(() =>
            makeKCurve.executeWithOptions({ ...options, summary: 'K-curve' }, [{ ...images, ...kCurve }]),
          ),
        ),
      );
    }
    await stage(run, 'maps', () => allOrNone(tasks));
  }
  if (reference !== undefined) {
    await stage(run, 'maps', () =>
      naming(
        'the maps of the reference images',
        pausing.run(() =>
          makeMaps.executeWithOptions({ ...options, summary: 'reference maps' }, [
            { ...images, ...reference, of: 'reference' },
          ]),
        ),
      ),
    );
  }
  if (refiners.length > 0) {
    await stage(run, 'refining', () =>
      allOrNone(
        refiners.map(({ input, spec, key, refinedKey, referenceRefinedKey }) => () => {
          const args: RefineArgs = { ...images, spec, key, mapsKey: maps?.key ?? null, refinedKey };
          if (reference !== undefined && referenceRefinedKey !== undefined) {
            args.reference = { mapsKey: reference.key, refinedKey: referenceRefinedKey };
          }
          return naming(
            `refiner ${input} (key ${key})`,
            pausing.run(() => refine.executeWithOptions({ ...options, summary: `refiner ${input}` }, [args])),
          );
        }),
      ),
    );
  }

  const refiner = (input: 'dual' | 'intra') => refiners.find((candidate) => candidate.input === input);
  const { input } = growth;
  const imageSize = planned.members[0]?.spec.imageSize;
  const known = {
    runId: identity.runId,
    dataset: input.dataset,
    synthetic: planned.synthetic,
    backbone: input.backbone,
    ...(imageSize === undefined || imageSize === defaultImageSize ? {} : { imageSize }),
    k: input.k,
    ...(input.dropout === undefined ? {} : { dropout: input.dropout }),
    seed: input.seed,
    ...membersOf(training),
    artifacts: {
      maps: maps?.key ?? null,
      rIntra: refiner('intra')?.key ?? null,
      rDual: refiner('dual')?.key ?? null,
      ...(kCurve ? { kCurve: kCurve.key } : {}),
    },
  };
  const findings = await stage(run, 'report', (): Promise<ReportFindings> => {
    const facts: ReportFacts = {
      ...known,
      input,
      seconds: { ...seconds, total: (Date.now() - startedAt) / 1000 },
      datasetDigest,
      refined: {
        rIntra: refiner('intra')?.refinedKey ?? null,
        rDual: refiner('dual')?.refinedKey ?? null,
      },
    };
    if (reference !== undefined) {
      facts.reference = {
        maps: reference.key,
        rIntra: refiner('intra')?.referenceRefinedKey ?? null,
        rDual: refiner('dual')?.referenceRefinedKey ?? null,
      };
    }
    return naming(
      'the report',
      pausing.run(() => report.executeWithOptions({ ...options, summary: 'report' }, [facts])),
    );
  });
  state.enter('finished');
  seconds.total = (Date.now() - startedAt) / 1000;
  return { ...known, seconds, ...findings };
}

const secondsOf = {
  planning: 'plan',
  training: 'train',
  maps: 'maps',
  refining: 'refine',
  report: 'report',
} as const;

/** Enters a stage and counts its time; one that is gone through again counts again. */
async function stage<T>(
  { state, seconds }: Run,
  name: Exclude<Stage, 'finished' | 'paused'>,
  work: () => Promise<T>,
): Promise<T> {
  state.enter(name);
  const from = Date.now();
  const result = await work();
  seconds[secondsOf[name]] += (Date.now() - from) / 1000;
  return result;
}

async function makePlan(raw: unknown): Promise<RunPlan> {
  try {
    return await plan.executeWithOptions({ summary: 'plan' }, [raw]);
  } catch (error) {
    throw planFailure(error);
  }
}

/** The plan for maps and refiners: the first one while its members are those that finished, else a new one. */
async function scoringOf(planned: RunPlan, training: MemberTraining): Promise<ScoringPlan> {
  const finished = training.finished();
  const keysOf = (members: readonly { role: Role; key: string }[], role: Role) =>
    members.flatMap((member) => (member.role === role ? [member.key] : []));
  const [ndm, udm] = [keysOf(finished, 'ndm'), keysOf(finished, 'udm')];
  const atFirst = [...keysOf(planned.members, 'ndm'), ...keysOf(planned.members, 'udm')];
  if ([...ndm, ...udm].join() === atFirst.join()) return planned;
  return planScoring.executeWithOptions({ summary: 'plan for the members there are' }, [
    asPlanned(planned),
    { ndm, udm },
  ]);
}

/** Whose scores these are, and whose are missing. */
function membersOf(training: MemberTraining): Pick<RunResult, 'members' | 'kPerRole' | 'failedMembers'> {
  const members = training.finished();
  const failedMembers = training.failed();
  if (failedMembers.length === 0) return { members };
  const count = (role: Role) => members.filter((member) => member.role === role).length;
  return { members, kPerRole: { ndm: count('ndm'), udm: count('udm') }, failedMembers };
}

function asPlanned({ input, datasetDigest, selection }: RunPlan) {
  return { input, datasetDigest, selection };
}

async function naming<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw stageFailure(what, failureTypes.stageFailed, error);
  }
}
