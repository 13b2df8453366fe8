// A browser runs this: of the contract, constants alone.
import { finishedStage, pausedStage } from '@ddad/contract/workflow';
import type { RunSnapshot } from '@ddad/runs';
import { runLeftForms } from '@ddad/runs/time-left-text';
import { duration, figure } from '../figures.ts';
import { type LineLook, roleColour, rolesOf, trainingLine } from '../palette.ts';

/** A job of a run as the page is told of it. */
export type Job = RunSnapshot['view']['jobs'][number];

/** What a job's row of the table says, by cell. Used where the page is made and where it is renewed. */
export interface JobCells {
  count: string;
  loss: string;
  speed: string;
  time: string;
  worker: string;
  state: string;
}

/** Share of a job that is done, 0 to 1. */
export function shareDone({ state, done, total }: Job): number {
  return state === 'finished' ? 1 : total > 0 ? done / total : 0;
}

export function jobCells(job: Job): JobCells {
  const { done, total, loss, imagesPerSecond, worker } = job;
  return {
    count: total > 1 ? `${done} / ${total}` : '',
    loss: loss === null ? '' : figure(loss, 4),
    speed: job.state === 'running' && imagesPerSecond > 0 ? String(Math.round(imagesPerSecond)) : '',
    time: timeOf(job),
    worker: worker ?? '',
    state: stateOf(job),
  };
}

function timeOf({ state, secondsLeft, seconds }: Job): string {
  if (state === 'running') return secondsLeft === null ? '' : `${duration(secondsLeft)} left`;
  return seconds === null ? '' : duration(seconds);
}

function stateOf({ trouble, ...job }: Job): string {
  const state = plainState(job);
  return trouble === undefined ? state : `${state}; the attempt before it failed: ${trouble}`;
}

function plainState({ state, unit, reused, waitsFor, held, done }: Omit<Job, 'trouble'>): string {
  if (reused) return 'finished before';
  if (held) return done > 0 ? 'kept while paused' : 'paused';
  if (state === 'waiting') return `waiting for ${waitsFor}`;
  if (state === 'running') return unit === 'epoch' ? 'training' : 'at work';
  return state;
}

/** Jobs that train, the members' apart from the others. */
export interface Trainings {
  members: Job[];
  others: Job[];
}

export function trainingsOf(jobs: readonly Job[]): Trainings {
  const trainings = jobs.filter(({ unit }) => unit === 'epoch');
  return {
    members: trainings.filter(({ member }) => member !== undefined),
    others: trainings.filter(({ member }) => member === undefined),
  };
}

/** Whether there is a chart of members: of a method without any the other trainings have the place for themselves. */
export function hasMemberCard(jobs: readonly Job[]): boolean {
  const { members, others } = trainingsOf(jobs);
  return members.length > 0 || others.length === 0;
}

export function othersTitle(jobs: readonly Job[]): string {
  return hasMemberCard(jobs) ? 'Other trainings' : 'Trainings';
}

/** How the trainings' losses are drawn, by id of the job: a role has a colour, and so has each of the others. */
export function jobLooks(jobs: readonly Job[]): Map<string, LineLook> {
  const { members, others } = trainingsOf(jobs);
  const roles = rolesOf(members.flatMap(({ member }) => member ?? []));
  return new Map([
    ...members.map(({ id, member }): [string, LineLook] => [
      id,
      { colour: roleColour(roles, member?.role ?? ''), dashes: null },
    ]),
    ...others.map(({ id }, place): [string, LineLook] => [id, trainingLine(place)]),
  ]);
}

/** A colour of a chart and what it stands for. */
export interface ChartKey {
  colour: string;
  text: string;
}

/** Keys of both charts of losses. */
export function chartKeys(jobs: readonly Job[]): Record<keyof Trainings, ChartKey[]> {
  const { members, others } = trainingsOf(jobs);
  const roles = rolesOf(members.flatMap(({ member }) => member ?? []));
  const looks = jobLooks(jobs);
  return {
    members: roles.map((role) => ({ colour: roleColour(roles, role), text: role.toUpperCase() })),
    others: others.map(({ id, name }) => ({ colour: looks.get(id)?.colour ?? '', text: name })),
  };
}

/** A stage of a run on the page. */
export interface ShownStage {
  /** As the workflow calls it. */
  name: string;
  title: string;
  state: 'done' | 'current' | 'open';
}

/** The stages of a run in order, and where each stands. */
export function shownStages({ view, run }: RunSnapshot): ShownStage[] {
  const { stages, within } = view;
  const at = within === finishedStage ? stages.length : stages.indexOf(within);
  return stages.flatMap((name, place): ShownStage[] => {
    if (name === finishedStage) return [];
    const current = place === at && run.status === 'running';
    const title = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
    return [{ name, title, state: place < at ? 'done' : current ? 'current' : 'open' }];
  });
}

/** The tiles' figures. */
export function runFigures({ run, view }: RunSnapshot) {
  const members = view.jobs.filter(({ member }) => member !== undefined);
  const [counted, what] = members.length > 0 ? [members, 'members'] : [view.jobs, 'jobs'];
  const count = (state: Job['state']) => counted.filter((job) => job.state === state).length;
  const others = [
    [count('running'), what === 'members' ? 'in training' : 'at work'],
    [count('waiting'), 'waiting'],
    [count('failed'), 'failed'],
    [count('cancelled'), 'cancelled'],
  ] as const;
  return {
    status: run.status === 'running' ? (view.stage === pausedStage ? 'paused' : 'running') : run.status,
    /** What is counted. */
    counted: `${what} finished`,
    finished: `${count('finished')} of ${counted.length}`,
    detail: others.flatMap(([number, state]) => (number === 0 ? [] : [`${number} ${state}`])).join(', '),
    speed: view.imagesPerSecond > 0 ? Math.round(view.imagesPerSecond).toLocaleString('en') : '–',
    /** Of the whole run. */
    left: (run.status === 'running' ? runLeftForms(view, duration).at(-1) : undefined) ?? '–',
    leftHere: view.secondsLeft === null ? '' : `${duration(view.secondsLeft)} in this stage`,
  };
}
