import { finishedStage } from '@ddad/contract';
import type { RunView } from '@ddad/runs';
import { bar } from './progress-line.ts';

/**
 * A run's stages as one line, what is done ticked, where it is with its share:
 * `✓ planning ─ ██░░░░ training 41 % ─ maps ─ refining ─ report`. Where that is too wide, only where it is.
 */
export function stageBar(view: RunView, width: number): string {
  const { within } = view;
  const stages = view.stages.filter((stage) => stage !== finishedStage);
  const current = within === finishedStage ? stages.length : stages.indexOf(within);
  const here = (name: string) => {
    const share = shareDone(view);
    return share === null ? `▶ ${name}` : `${bar(share, 6)} ${name} ${Math.floor(share * 100)} %`;
  };
  const parts = stages.map((name, i) => (i < current ? `✓ ${name}` : i > current ? name : here(name)));
  const line = parts.join(' ─ ');
  if (line.length <= width) return line;
  return current === stages.length
    ? `✓ ${stages.length} stages`
    : `${current + 1}/${stages.length} ${here(within)}`;
}

/** How much of the stage's jobs is done, 0 to 1; null where the stage has none that are counted. */
function shareDone({ within, jobs }: RunView): number | null {
  const ofStage = jobs.filter(({ stage }) => stage === within);
  const total = ofStage.reduce((most, job) => Math.max(most, job.total), 0);
  if (total === 0) return null;
  const done = ofStage.map((job) => (job.state === 'finished' ? 1 : job.done / (job.total || total)));
  return done.reduce((sum, share) => sum + share, 0) / ofStage.length;
}
