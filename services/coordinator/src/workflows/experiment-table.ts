import { axisText, type ExperimentProgress } from '@ddad/contract';
import { cell, linesThatFit, tableRow } from './details-table.ts';

/** An experiment's state as Markdown for the Temporal UI: a line per run, in order. */
export function experimentTable({ stage, runs }: ExperimentProgress): string {
  const count = (state: string) => runs.filter((run) => run.state === state).length;
  const rare = ['failed', 'cancelled'].map((state) => (count(state) > 0 ? `, ${count(state)} ${state}` : ''));
  const head = [
    `**${stage}** — ${count('finished')} of ${runs.length} runs finished, ${count('running')} going on${rare.join('')}`,
  ];
  const [first] = runs;
  if (first === undefined) return head.join('\n');
  const axes = Object.keys(first.axes);
  head.push('', tableRow(['run', ...axes.map(cell), 'state']), `|${':---|'.repeat(axes.length + 2)}`);
  const lines = runs.map(({ workflowId, axes: values, state }) => {
    return tableRow([cell(workflowId), ...axes.map((axis) => cell(axisText(values[axis]))), state]);
  });
  return linesThatFit(head, lines, 'runs');
}
