import { duration, moment } from '../figures.ts';
import { type Screens, styled } from '../screen.ts';
import { tableLines } from '../table.ts';
import type { RunEntry, TemporalRuns } from '../temporal-runs.ts';

/**
 * `ddad runs`: the latest runs and experiments, the newest first. An experiment's runs carry its name; of what differs
 * between them there is nothing to show.
 */
export async function listRunsCommand(
  deps: { runs: TemporalRuns; screens: Screens; now: () => Date },
  options: { json?: boolean; limit: number },
): Promise<void> {
  const { out, err } = deps.screens;
  const runs = await deps.runs.list(options.limit);
  const seconds = (run: RunEntry) => ((run.closed ?? deps.now()).getTime() - run.started.getTime()) / 1000;
  if (options.json) {
    const entries = runs.map((run) => ({
      id: run.id,
      executionId: run.executionId,
      kind: run.kind,
      status: run.status,
      dataset: run.dataset,
      method: run.method,
      k: run.k,
      started: run.started.toISOString(),
      seconds: seconds(run),
    }));
    return out.write(`${JSON.stringify(entries)}\n`);
  }
  if (runs.length === 0) return err.write('no runs yet; start one with: npx ddad run --dataset NAME\n');
  const columns = [
    { heading: 'run' },
    { heading: 'status' },
    { heading: 'dataset' },
    { heading: 'k', align: 'right' },
    { heading: 'started' },
    { heading: 'time', align: 'right' },
  ] as const;
  const rows = runs.map((run) => [
    run.id,
    run.kind === 'experiment' ? `${run.status} (experiment)` : run.status,
    run.dataset ?? unknown(run),
    run.k === null ? unknown(run) : String(run.k),
    moment(run.started),
    duration(seconds(run)),
  ]);
  const [heading, ...lines] = tableLines(columns, rows);
  out.write(`${[styled(out, 'bold', heading ?? ''), ...lines].join('\n')}\n`);
}

const unknown = ({ kind }: RunEntry) => (kind === 'experiment' ? '–' : '?');
