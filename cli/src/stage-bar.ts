import type { RunView } from '@ddad/runs';
import { bar } from './progress-line.ts';

const stages = ['planning', 'training', 'maps', 'refining', 'report'] as const;

/**
 * A run's stages as one line, what is done ticked, where it is with its share:
 * `✓ planning ─ ██░░░░ training 41 % ─ maps ─ refining ─ report`. Where that is too wide, only where it is.
 */
export function stageBar(view: RunView, width: number): string {
  const { within } = view;
  const current = within === 'finished' ? stages.length : stages.indexOf(within);
  const here = (name: string) => {
    const share = shareDone(view);
    return share === null ? `▶ ${name}` : `${bar(share, 6)} ${name} ${Math.floor(share * 100)} %`;
  };
  const parts = stages.map((name, i) => (i < current ? `✓ ${name}` : i > current ? name : here(name)));
  const line = parts.join(' ─ ');
  if (line.length <= width) return line;
  return current === stages.length
    ? `✓ ${stages.length} stages`
    : `${current + 1}/${stages.length} ${parts[current]}`;
}

/** How much of the stage's jobs is done, 0 to 1; null where the stage has none that are counted. */
function shareDone({ within, members, others }: RunView): number | null {
  const jobs =
    within === 'training'
      ? members
      : within === 'maps' || within === 'refining'
        ? others.filter((job) => (job.name === 'maps') === (within === 'maps'))
        : [];
  const total = Math.max(0, ...jobs.map((job) => job.total));
  if (total === 0) return null;
  const done = jobs.map((job) => (job.state === 'finished' ? 1 : job.done / (job.total || total)));
  return done.reduce((sum, share) => sum + share, 0) / jobs.length;
}
