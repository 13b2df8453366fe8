import { z } from 'zod';
import { choiceFaults, choiceModes } from './experiment-choice.ts';
import { type Fault, faultsOf, listedFaults, showValue } from './fault.ts';
import { isObject, type RunSettings } from './run-input.ts';

/** An experiment with more runs than this is a mistake more often than a wish. */
export const mostRuns = 500;

const jsonObject = z.record(z.string(), z.unknown());
const experimentSchema = z.strictObject({
  /** Fields of a run that all runs share. */
  base: jsonObject,
  /** Values by field, a nested one by its dotted path (`refiner.epochs`): every combination is a run. */
  axes: z.record(z.string(), z.array(z.unknown())).default({}),
  /**
   * Fields of runs by a name of their own, nested ones by dotted paths: what differs in more than one field, as methods with their
   * settings do. Every combination of the axes' values is made of each. Absent: one, with the fields of `base` alone.
   */
  runs: z.record(z.string().min(1).max(60), jsonObject).optional(),
  /** The published dataset that the images are, for tables that set published figures beside; absent where they are none. */
  published: z.string().max(40).optional(),
  /** Runs that go on at the same time. */
  atOnce: z.int().min(1).max(mostRuns).default(8),
  /**
   * One of the runs is to be chosen by the AUC of unlabeled against held-out normal images, so that all of them need both;
   * absent where none is.
   */
  choose: z.enum(choiceModes).optional(),
});

/** The one argument of workflow `experiment`: what a caller may write. */
export type ExperimentInput = z.input<typeof experimentSchema>;
/** With all defaults filled in. */
export type ResolvedExperimentInput = z.output<typeof experimentSchema>;

/** Values by axis. */
export type AxisValues = Record<string, unknown>;

/** Name under which a combination has the name of its entry in `runs` among its values of the axes. */
export const runsAxis = 'name';

/** One combination of axis values, and the run's input that it makes, not checked yet. */
export interface Combination {
  axes: AxisValues;
  input: unknown;
}

/** An experiment as far as it can be read. */
export interface ReadExperiment {
  /** Null where it has not the form of an experiment at all. */
  experiment: ResolvedExperimentInput | null;
  /** The last axis varies fastest. What can be combined is combined even where there are faults, to find all of them. */
  combinations: Combination[];
  /** Faults of the experiment itself; not those of its runs. */
  faults: Fault[];
}

/** `backbone = aeu, seed = 1`; empty for the one run of an experiment without axes. */
export function describeAxes(axes: AxisValues): string {
  return Object.entries(axes)
    .map(([name, value]) => `${name} = ${axisText(value)}`)
    .join(', ');
}

/** An axis value as a table's cell holds it: text as it is, everything else as JSON. */
export function axisText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Reads an experiment and combines the values of its axes. */
export function readExperiment(raw: unknown): ReadExperiment {
  const parsed = experimentSchema.safeParse(raw);
  if (!parsed.success) return { experiment: null, combinations: [], faults: faultsOf(parsed.error, raw) };
  const experiment = parsed.data;
  const faults: Fault[] = choiceFaults(experiment);
  const axes = Object.entries(experiment.axes).flatMap(([name, values]): [string, unknown[]][] => {
    const found = axisFaults(name, values, experiment);
    for (const fault of [...found.name, ...found.values]) faults.push(fault);
    return found.name.length === 0 && values.length > 0 ? [[name, different(values)]] : [];
  });
  faults.push(...runsFaults(experiment));
  const named = experiment.runs === undefined ? null : Object.keys(experiment.runs);
  const runs = axes.reduce((product, [, values]) => product * values.length, named?.length ?? 1);
  if (runs > mostRuns) {
    const sizes = [
      ...(named === null ? [] : [`runs: ${named.length}`]),
      ...axes.map(([name, values]) => `${name}: ${values.length}`),
    ].join(', ');
    faults.push({
      path: 'axes',
      message: `expected at most ${mostRuns} combinations, got ${runs} (${sizes})`,
    });
    return { experiment, combinations: [], faults };
  }
  let combinations: AxisValues[] = named === null ? [{}] : named.map((name) => ({ [runsAxis]: name }));
  for (const [name, values] of axes) {
    combinations = combinations.flatMap((before) => values.map((value) => ({ ...before, [name]: value })));
  }
  return {
    experiment,
    combinations: combinations.map((values) => ({ axes: values, input: inputOf(experiment, values) })),
    faults,
  };
}

/** A combination's input: the fields of all runs, those of its own entry, those of the axes. */
function inputOf({ base, runs }: ResolvedExperimentInput, values: AxisValues): Record<string, unknown> {
  if (runs === undefined) return combined(base, values);
  const { [runsAxis]: name, ...axes } = values;
  return combined(combined(base, runs[String(name)] ?? {}), axes);
}

/** What is wrong with the runs' own fields as such; whether a run may have them is looked at with its input. */
function runsFaults({ runs, axes, base }: ResolvedExperimentInput): Fault[] {
  if (runs === undefined) return [];
  const faults: Fault[] = [];
  if (Object.keys(runs).length === 0) {
    faults.push({ path: 'runs', message: 'expected at least one entry, got none' });
  }
  if (Object.hasOwn(axes, runsAxis)) {
    faults.push({ path: `axes.${runsAxis}`, message: 'expected no axis of this name beside "runs"' });
  }
  const overlap = (one: string, other: string) =>
    one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
  for (const [name, fields] of Object.entries(runs)) {
    for (const field of Object.keys(fields)) {
      const path = `runs.${name}.${field}`;
      const axis = Object.keys(axes).find((one) => overlap(one, field));
      if (axis !== undefined) {
        faults.push({ path, message: `expected no field that an axis sets, but ${axis} is one` });
      }
      const outer = Object.keys(fields).find((one) => one !== field && field.startsWith(`${one}.`));
      if (outer !== undefined) {
        faults.push({
          path,
          message: `expected fields that do not overlap, but ${outer} beside it holds it`,
        });
      }
      for (const { message } of fieldFaults(path, field, base)) faults.push({ path, message });
    }
  }
  return faults;
}

function different(values: unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** What is wrong with an axis' name, which keeps it from being combined, and with its values as a list. */
function axisFaults(
  name: string,
  values: unknown[],
  experiment: ResolvedExperimentInput,
): { name: Fault[]; values: Fault[] } {
  const path = `axes.${name}`;
  const faults: Fault[] = [];
  if (values.length === 0) faults.push({ path, message: 'expected at least one value, got none' });
  const seen = new Set<string>();
  for (const value of values) {
    const text = JSON.stringify(value);
    if (seen.has(text))
      faults.push({ path, message: `expected each value once, got ${showValue(value)} again` });
    seen.add(text);
  }
  return { name: nameFaults(name, experiment), values: faults };
}

function nameFaults(name: string, { base, axes }: ResolvedExperimentInput): Fault[] {
  const path = `axes.${name}`;
  const outer = Object.keys(axes).find((other) => name.startsWith(`${other}.`));
  const faults: Fault[] = [];
  if (outer !== undefined) {
    faults.push({ path, message: `expected axes that do not overlap, but ${outer}, an axis too, holds it` });
  }
  return [...faults, ...fieldFaults(path, name, base)];
}

/** What keeps a field from being set in base. @param name dotted */
function fieldFaults(path: string, name: string, base: Record<string, unknown>): Fault[] {
  if (!/^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/.test(name)) {
    return [{ path, message: "expected a run's field, a nested one by its dotted path" }];
  }
  const faults: Fault[] = [];
  // A field can be set in an object, and in what is not there yet.
  let place: unknown = base;
  for (const step of name.split('.').slice(0, -1)) {
    place = isObject(place) ? place[step] : undefined;
    if (place === undefined || isObject(place)) continue;
    faults.push({
      path,
      message: `expected an object as ${step} in base, to set a field of it, got ${showValue(place)}`,
    });
    break;
  }
  return faults;
}

function combined(base: Record<string, unknown>, axes: AxisValues): Record<string, unknown> {
  let input = base;
  for (const [name, value] of Object.entries(axes)) input = withField(input, name.split('.'), value);
  return input;
}

function withField(object: unknown, [step, ...rest]: string[], value: unknown): Record<string, unknown> {
  const fields = isObject(object) ? object : {};
  return { ...fields, [step!]: rest.length === 0 ? value : withField(fields[step!], rest, value) };
}

/** What a run that was checked is: its input with defaults, or its faults. */
export type CheckedRun = { input: RunSettings } | { faults: Fault[] };

/**
 * Every fault of an experiment, each once: its own, those of its runs under `base` or the axis that they come from, and
 * combinations that make the same run.
 * @param checked the combinations' outcomes, in their order
 */
export function experimentFaults(
  { experiment, combinations, faults }: ReadExperiment,
  checked: readonly CheckedRun[],
): Fault[] {
  const found = new Map<string, { fault: Fault; runs: number; first: AxisValues; ofAxis: boolean }>();
  checked.forEach((run, place) => {
    const { axes } = combinations[place]!;
    for (const { path, message } of 'faults' in run ? run.faults : []) {
      const within = (name: string) => path === name || path.startsWith(`${name}.`);
      const axis = Object.keys(axes).find((name) => name !== runsAxis && within(name));
      const own = experiment?.runs?.[String(axes[runsAxis])] ?? {};
      const ofRun = Object.keys(own).some(within);
      const source = ofRun ? `runs.${String(axes[runsAxis])}.${path}` : path === '' ? 'base' : `base.${path}`;
      const fault = { path: axis !== undefined ? `axes.${path}` : source, message };
      const id = JSON.stringify(fault);
      const known = found.get(id);
      if (known === undefined) found.set(id, { fault, runs: 1, first: axes, ofAxis: axis !== undefined });
      else known.runs += 1;
    }
  });
  const all = [
    ...faults,
    ...[...found.values()].map(({ fault, runs, first, ofAxis }) => {
      if (ofAxis || runs === checked.length) return fault;
      const where = runs === 1 ? 'with' : `in ${runs} of ${checked.length} runs, first with`;
      return { ...fault, message: `${fault.message} (${where} ${describeAxes(first)})` };
    }),
    ...sameRuns(combinations, checked),
  ];
  const more = all.length - listedFaults;
  return more <= 0 ? all : [...all.slice(0, listedFaults), { path: '', message: `and ${more} more faults` }];
}

/** Combinations that come to the same run once defaults are filled in. */
function sameRuns(combinations: readonly Combination[], checked: readonly CheckedRun[]): Fault[] {
  const seen = new Map<string, AxisValues>();
  return checked.flatMap((run, place): Fault[] => {
    if ('faults' in run) return [];
    const { axes } = combinations[place]!;
    const text = JSON.stringify(run.input);
    const before = seen.get(text);
    if (before === undefined) {
      seen.set(text, axes);
      return [];
    }
    const message = `expected runs that differ, but ${describeAxes(before)} and ${describeAxes(axes)} are the same`;
    return [{ path: 'axes', message }];
  });
}

/**
 * Checks an experiment against the schemas alone (no dataset is looked at).
 * @param parseRun checks one run's input
 * @param read the experiment as `readExperiment` gives it
 * @returns the combinations with their inputs, or every fault
 */
export function parseExperimentWith(
  parseRun: (raw: unknown) => CheckedRun,
  read: ReadExperiment,
):
  | { experiment: ResolvedExperimentInput; runs: { axes: AxisValues; input: RunSettings }[] }
  | { faults: Fault[] } {
  const checked = read.combinations.map(({ input }) => parseRun(input));
  const faults = experimentFaults(read, checked);
  if (faults.length > 0 || read.experiment === null) return { faults };
  const runs = checked.flatMap((run, place) =>
    'input' in run ? [{ axes: read.combinations[place]!.axes, input: run.input }] : [],
  );
  return { experiment: read.experiment, runs };
}
