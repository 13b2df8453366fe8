import type { JobProgress, PlannedMember } from '@ddad/contract';

/** A member's line of the table. */
export interface TableMember extends Pick<PlannedMember, 'role' | 'index'>, JobProgress {
  imagesPerEpoch: number;
}

/** The server refuses current details much above this. */
export const tableLimitBytes = 18_000;

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
  // Room for the closing line.
  let room = tableLimitBytes - byteLength(head.join('\n')) - 60;
  const shown: string[] = [];
  for (const text of lines) {
    room -= byteLength(text) + 1;
    if (room < 0) break;
    shown.push(text);
  }
  const left = lines.length - shown.length;
  return [...head, ...shown, ...(left > 0 ? ['', `… and ${left} more members`] : [])].join('\n');
}

function line(member: TableMember): string {
  const { role, index, done, total, loss, worker, state } = member;
  const progress = state === 'running' ? `${done} / ${total} epochs` : `${state}, ${done} / ${total}`;
  return `| ${role} ${index} | ${progress} | ${loss === null ? '–' : loss.toPrecision(4)} | ${cell(worker)} | ${timeLeft(member)} |`;
}

/** A name as a table cell takes it. */
function cell(text: string | null): string {
  if (text === null) return '–';
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return short.replace(/[|\\`*_<>[\]\r\n]/g, (character) =>
    /[\r\n]/.test(character) ? ' ' : `\\${character}`,
  );
}

function timeLeft(member: TableMember): string {
  const { state, done, total, imagesPerEpoch, imagesPerSecond } = member;
  if (state !== 'running' || imagesPerSecond <= 0) return '–';
  const seconds = Math.round(((total - done) * imagesPerEpoch) / imagesPerSecond);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** In UTF-8. TextEncoder is there in the workflow sandbox, Buffer is not. */
function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
