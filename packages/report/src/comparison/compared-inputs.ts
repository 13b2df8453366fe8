import { commonFields, isObject, type RunResult } from '@ddad/contract';

/** A run as far as its title follows from it. */
export interface TitledRun {
  result: Pick<RunResult, 'input' | 'dataset' | 'datasetDigest' | 'pretrainedKey' | 'method' | 'seed'>;
  /** What tells it apart where its result does not hold its input, as those of older versions do not. */
  description: string;
}

/** A field of the runs' inputs; nested ones are named by their path: `refiner.epochs`. */
export interface InputField {
  field: string;
  /** By run, as text; null where an input does not have it. */
  values: (string | null)[];
}

/** What runs were asked for, side by side. */
export interface ComparedInputs {
  /** By run: what sets it apart from the others. Equal inputs have equal titles. */
  titles: string[];
  /** In which the runs differ. Settings of several methods are compared among runs of the same one. */
  differing: InputField[];
  /** All others. */
  common: InputField[];
}

/** Fields that a title names at most. */
const mostNamed = 4;
/** Digits of a digest that people read. */
const digestDigits = 12;

export function compareInputs(runs: readonly TitledRun[]): ComparedInputs {
  const inputs = inputsOf(runs);
  const fields = fieldNames(inputs).map((field) => ({
    field,
    differs: differs(field, inputs),
    values: inputs.map((input) => (applies(field, input, inputs) ? textOf(field, input) : undefined)),
  }));
  const told = (wanted: boolean) =>
    fields
      .filter(({ differs: found }) => found === wanted)
      .map(({ field, values }) => ({ field, values: values.map((value) => value ?? null) }));
  const differing = fields.filter((field) => field.differs);
  return {
    titles: runs.map(({ description, result: { seed } }, run) =>
      differing.length === 0
        ? `${description}, seed ${seed}`
        : titleOf(differing.map(({ field, values }) => [field, values[run]] as const)),
    ),
    differing: told(true),
    common: told(false),
  };
}

/** An input's values by the paths of its fields. */
interface FlatInput {
  method: string;
  values: ReadonlyMap<string, string>;
}

function inputsOf(runs: readonly TitledRun[]): FlatInput[] {
  // Where one is not known, what all results tell is compared.
  const known = runs.every(({ result }) => result.input !== undefined);
  // What was added anew keeps its name: a dataset, and pretrained weights.
  const digests = (['datasetDigest', 'pretrainedKey'] as const).filter(
    (field) => new Set(runs.flatMap(({ result }) => result[field] ?? [])).size > 1,
  );
  return runs.map(({ result, description }) => {
    const { input, dataset, method, seed } = result;
    const told = known ? input : { dataset, method, settings: description, seed };
    const values = new Map(fieldsOf(told, ''));
    for (const field of digests) {
      const digest = result[field];
      if (digest !== undefined) values.set(field, digest.slice(0, digestDigits));
    }
    return { method, values };
  });
}

function fieldsOf(value: unknown, path: string): [string, string][] {
  if (isObject(value))
    return Object.entries(value).flatMap(([name, own]) =>
      fieldsOf(own, path === '' ? name : `${path}.${name}`),
    );
  return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
}

/** Each once, in the order in which they first come; a field before its parts. */
function fieldNames(inputs: readonly FlatInput[]): string[] {
  const names = [...new Set(inputs.flatMap(({ values }) => [...values.keys()]))];
  const tops = [...new Set(names.map(topOf))];
  return tops.flatMap((top) => {
    const own = names.filter((name) => topOf(name) === top);
    return [...own.filter((name) => name === top), ...own.filter((name) => name !== top)];
  });
}

const topOf = (field: string) => field.split('.', 1)[0]!;

/** False of what is a setting of other runs' methods alone. */
function applies(field: string, { method }: FlatInput, inputs: readonly FlatInput[]): boolean {
  if (ofEveryMethod.has(field)) return true;
  return inputs.some((input) => input.method === method && textOf(field, input) != null);
}

/** Null where an input does not have the field; undefined where it says of the whole what the field is a part of. */
function textOf(field: string, { values }: FlatInput): string | null | undefined {
  const own = values.get(field);
  if (own !== undefined) return own;
  const all = [...values.keys()];
  if (all.some((other) => other.startsWith(`${field}.`))) return 'set';
  return all.some((other) => field.startsWith(`${other}.`)) ? undefined : null;
}

const ofEveryMethod: ReadonlySet<string> = new Set([
  ...Object.keys(commonFields),
  'datasetDigest',
  'settings',
]);

function differs(field: string, inputs: readonly FlatInput[]): boolean {
  const groups = ofEveryMethod.has(field)
    ? [[...inputs]]
    : [...Map.groupBy(inputs, ({ method }) => method).values()];
  return groups.some((group) => {
    const values = group.map((input) => textOf(field, input)).filter((value) => value !== undefined);
    return new Set(values).size > 1;
  });
}

function titleOf(fields: readonly (readonly [field: string, value: string | null | undefined])[]): string {
  const parts = fields.flatMap(([field, value]) => {
    if (value === undefined) return [];
    if (value === null) return [`${field} not given`];
    return [nameless.has(field) ? value : `${field} ${value}`];
  });
  const more = parts.length - mostNamed;
  return `${parts.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Fields whose values speak for themselves. */
const nameless: ReadonlySet<string> = new Set(['dataset', 'method', 'settings']);

/** How a page calls the run at a place: A, B, ... */
export function runLetter(place: number): string {
  return place < 26
    ? String.fromCharCode(65 + place)
    : `${runLetter(Math.floor(place / 26) - 1)}${runLetter(place % 26)}`;
}
