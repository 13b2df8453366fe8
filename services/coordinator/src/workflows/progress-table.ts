import type { JobProgress, PlannedMember } from '@ddad/contract';
import { cell, linesThatFit } from './details-table.ts';

/** A member's line of the table. */
export interface TableMember extends Pick<PlannedMember, 'role' | 'index'>, JobProgress {
  imagesPerEpoch: number;
}

/**
 * A run's state as Markdown for the Temporal UI: the stage and a line per member, in order; lines that do not fit are
 * counted instead.
 */
export function progressTable(stage: string, members: readonly TableMember[]): string {
  const lines = members.map(line);
  const finished = members.filter(({ state }) => state === 'finished').length;
  const running = members.filter(({ state }) => state === 'running').length;
  const head = [
    `**${stage}** — ${finished} of ${members.length} members finished, ${running} in training`,
    '',
    '| member | progress | loss | trainer | time left |',
    '|---|---|---|---|---|',
  ];
  return linesThatFit(head, lines, 'members');
}

function line(member: TableMember): string {
  const { role, index, done, total, loss, worker, state } = member;
  const progress = state === 'running' ? `${done} / ${total} epochs` : `${state}, ${done} / ${total}`;
  return `| ${role} ${index} | ${progress} | ${loss === null ? '–' : loss.toPrecision(4)} | ${cell(worker)} | ${timeLeft(member)} |`;
}

function timeLeft(member: TableMember): string {
  const { state, done, total, imagesPerEpoch, imagesPerSecond } = member;
  if (state !== 'running' || imagesPerSecond <= 0) return '–';
  const seconds = Math.round(((total - done) * imagesPerEpoch) / imagesPerSecond);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
