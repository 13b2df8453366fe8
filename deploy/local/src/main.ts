import { join, resolve } from 'node:path';
import { describeSickness, visible, visibleLine } from '@ddad/contract';
import { checkout } from './checkout.ts';
import { down, status, up } from './cluster.ts';
import type { ClusterEnv } from './cluster-env.ts';
import type { Report } from './cluster-processes.ts';
import { readSettings } from './settings.ts';

const usage = 'expected one of: up, down, status';

/** Prints lines of words in columns. */
function printTable(given: string[][]): void {
  // What devices are called, others say.
  const rows = given.map((row) => row.map(visibleLine));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    console.log(
      row
        .map((word, column) => word.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  }
}

function printPages({ TEMPORAL_UI, PAGE_URL }: ClusterEnv): void {
  console.log(`Temporal UI  ${TEMPORAL_UI}`);
  console.log(`Progress     ${PAGE_URL}/runs`);
}

const report: Report = ({ name, what, seconds, address }) => {
  const words = { kept: 'runs already', ready: 'ready', stopped: 'stopped', killed: 'killed (did not stop)' };
  console.log(`${name.padEnd(12)} ${words[what]}, ${seconds.toFixed(1)} s${address ? `, ${address}` : ''}`);
};

async function main(command: string | undefined): Promise<void> {
  const environment = process.env;
  const { DDAD_HOME, TRAINERS, STORE, ...ports } = readSettings(environment);
  const home = DDAD_HOME === undefined ? join(checkout, '.ddad') : resolve(DDAD_HOME);
  switch (command) {
    case 'up': {
      const cluster = await up({ home, environment, ports, store: STORE, trainers: TRAINERS, report });
      printPages(cluster);
      return;
    }
    case 'down':
      return await down({ home, report });
    case 'status': {
      const { cluster, processes, workers } = await status({ home, environment });
      if (processes.length === 0) {
        console.log(`No cluster runs in ${home}; "make up" starts one.`);
        return;
      }
      printTable([
        ['NAME', 'PID', 'STATE', 'ADDRESS'],
        ...processes.map((row) => [row.name, String(row.pid ?? '-'), row.state, row.address ?? '-']),
      ]);
      if (workers !== null && workers.length > 0) {
        console.log();
        printTable([
          ['WORKER', 'SLOTS', 'STATE', 'DEVICE'],
          ...workers.map(({ id, slots, state, device }) => [id, String(slots), state, device]),
        ]);
        for (const worker of workers) {
          const sickness = describeSickness(worker);
          if (sickness !== null) console.log(visible(sickness));
        }
        console.log();
      }
      if (cluster !== null) printPages(cluster);
      return;
    }
    default:
      throw new Error(`${usage}; got ${command === undefined ? 'nothing' : JSON.stringify(command)}`);
  }
}

try {
  await main(process.argv[2]);
} catch (error) {
  console.error(visible(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
