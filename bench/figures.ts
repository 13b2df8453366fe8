import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** One line of the bench's output. */
export type Figure = Record<string, string | number | boolean | null>;

/** What all parts are run with. */
export interface BenchSettings {
  /** Fewer repetitions and smaller counts, to see that it works. */
  quick: boolean;
  /** Intra-op threads of ours and of the peer. */
  threads: number;
  /** Python of the peer's environment. */
  python: string;
}

/** A part of the bench: gives its figures as they come. */
export type Part = (settings: BenchSettings) => AsyncGenerator<Figure>;

/**
 * Runs a program to its end and reads the JSON lines that it prints; what else it prints is passed on to stderr where it fails.
 * @throws Error with the end of its output
 */
export async function jsonLines(
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Figure[]> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-2000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${log}`);
  const lines = out.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Figure);
}

/** The value in the middle, of two the mean; @throws RangeError where there is none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('expected at least one value');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** Figures under each other; a column for every name that occurs. */
export function table(figures: readonly Figure[]): string {
  const names = [...new Set(figures.flatMap((figure) => Object.keys(figure)))];
  const show = (value: Figure[string] | undefined) => {
    if (value === undefined || value === null) return '';
    return typeof value === 'number' ? String(Number(value.toPrecision(3))) : String(value);
  };
  const rows = [names, ...figures.map((figure) => names.map((name) => show(figure[name])))];
  const widths = names.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
