import {
  type CheckedRun,
  commonKinds,
  defaultMethod,
  type Fault,
  faultsOf,
  imageSizeFaults,
  isObject,
  type KindDefinition,
  type Method,
  parseExperimentWith,
  type ReadExperiment,
  type RunResult,
  type RunSettings,
  readableCommonFields,
  readExperiment,
  scoreFaults,
  showValue,
  withReductions,
} from '@ddad/contract';
import type { OnnxExport } from '@ddad/onnx';
import type { ComparedAs } from './comparison/compared-as.ts';
import { publishedFaults } from './comparison/published-systems.ts';
import type { ExperimentTable } from './experiment-table.ts';
import type { Makers } from './maker.ts';

/** A method with what others need of it, each of whom loads their own part. */
export interface MethodEntry {
  method: Method;
  /** What makes its artifacts; only job processes load it. */
  makers: () => Promise<Makers>;
  /** Has its networks become ONNX models; absent where that is not offered. */
  onnx?: () => Promise<OnnxExport>;
  /** Tables of its own paper, by their number in it; absent where there are none. */
  tables?: Readonly<Record<string, ExperimentTable>>;
  /** Which rows of the table of all systems its runs fill, and with which scores; absent: one of its own, with its main score. */
  comparedAs?: (result: RunResult) => ComparedAs[];
  /** Its own fields with their defaults, for `ddad run --help`; lines of at most 125 characters. */
  usage?: string;
}

/** The methods that there are. Adding one is adding its folder and a line. */
export class MethodRegistry {
  readonly #entries: ReadonlyMap<string, MethodEntry>;
  readonly #kinds: ReadonlyMap<string, { kind: KindDefinition; entry: MethodEntry | null }>;

  /**
   * Several methods may have the same kind: it belongs to the first of them.
   * @throws where two methods, or two different kinds of artifacts, have one name, or a kind's name does not say its pool
   */
  constructor(entries: readonly MethodEntry[]) {
    const faults: string[] = [];
    const methods = new Map<string, MethodEntry>();
    const kinds = new Map<string, { kind: KindDefinition; entry: MethodEntry | null }>();
    for (const kind of commonKinds) kinds.set(kind.kind, { kind, entry: null });
    for (const entry of entries) {
      const { name } = entry.method;
      if (methods.has(name)) faults.push(`method ${name}: expected each once, got it twice`);
      methods.set(name, entry);
      for (const kind of entry.method.kinds) {
        const known = kinds.get(kind.kind);
        // The very same kind is another method's that this one uses: it stays with whoever brings it first.
        if (known?.kind === kind) continue;
        if (known !== undefined) faults.push(`kind ${kind.kind}: expected each once, got it twice`);
        if (!olderKinds.includes(kind.kind) && !kind.kind.startsWith(prefixes[kind.pool]))
          faults.push(
            `kind ${kind.kind} of method ${name}: expected a name that begins with ${prefixes[kind.pool]}`,
          );
        kinds.set(kind.kind, { kind, entry });
      }
    }
    if (faults.length > 0) throw new TypeError(faults.join('; '));
    this.#entries = methods;
    this.#kinds = kinds;
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** @throws where there is none of this name */
  method(name: string): Method {
    const found = this.find(name);
    if (found === null) throw new RangeError(this.#unknown(name));
    return found;
  }

  find(name: string): Method | null {
    return this.#entries.get(name)?.method ?? null;
  }

  /** By name; null where there is no such method. */
  entry(name: string): MethodEntry | null {
    return this.#entries.get(name) ?? null;
  }

  get entries(): MethodEntry[] {
    return [...this.#entries.values()];
  }

  /** What makes a kind; null where no method brings it. */
  kind(name: string): KindDefinition | null {
    return this.#kinds.get(name)?.kind ?? null;
  }

  /** All kinds, in the order of the methods that bring them. */
  get kinds(): KindDefinition[] {
    return [...this.#kinds.values()].map(({ kind }) => kind);
  }

  /** The method that brings a kind of artifacts, the first of those that have it; null for kinds that every run has. */
  entryOfKind(name: string): MethodEntry | null {
    return this.#kinds.get(name)?.entry ?? null;
  }

  /**
   * Checks a run's input against its method's schema alone (no dataset is looked at).
   * @returns the input with defaults, or every fault
   */
  parseRunInput(raw: unknown): CheckedRun {
    const given = isObject(raw) ? (raw.method ?? defaultMethod) : defaultMethod;
    const method = typeof given === 'string' ? this.find(given) : null;
    if (method === null) {
      const faults: Fault[] = [{ path: 'method', message: this.#unknown(given) }];
      return { faults };
    }
    const parsed = method.schema.safeParse(raw);
    const size = readableCommonFields(raw).fields.imageSize;
    const faults = size === undefined ? [] : imageSizeFaults(method, size);
    if (!parsed.success)
      faults.push(...faultsOf(parsed.error, raw).map((fault) => this.#ofOtherMethod(method, fault)));
    else faults.push(...headlineFaults(method, parsed.data), ...methodFaults(method, parsed.data));
    return parsed.success && faults.length === 0 ? { input: parsed.data } : { faults };
  }

  /** An experiment as far as it can be read, with its own faults; those of its runs are not looked for. */
  readExperiment(raw: unknown): ReadExperiment {
    const read = readExperiment(raw);
    return { ...read, faults: [...read.faults, ...publishedFaults(read)] };
  }

  /** A run's input as it was kept, with what its method's later fields were then; as it is where nobody knows the method. */
  storedInput(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const { method = defaultMethod } = input;
    const found = typeof method === 'string' ? this.find(method) : null;
    return found?.storedInput?.(input) ?? { ...input };
  }

  /** Checks an experiment's combinations against the schemas alone. */
  parseExperiment(raw: unknown): ReturnType<typeof parseExperimentWith> {
    return parseExperimentWith((input) => this.parseRunInput(input), this.readExperiment(raw));
  }

  #unknown(name: unknown): string {
    return `expected one of ${this.names.join(', ')}, got ${showValue(name)}`;
  }

  /** A field that the method does not know may be another one's. */
  #ofOtherMethod(method: Method, fault: Fault): Fault {
    if (fault.message !== 'unknown field' || fault.path.includes('.')) return fault;
    const owners = [...this.#entries.values()].flatMap(({ method: { name, schema } }) =>
      fault.path in schema.shape ? [name] : [],
    );
    if (owners.length === 0) return fault;
    const others = `it is one of ${owners.join(', ')}`;
    return {
      ...fault,
      message: `unknown field of method ${method.name}: ${others} (methods: ${this.names.join(', ')})`,
    };
  }
}

/** A headline that is none of the method's scores. */
function headlineFaults(method: Method, settings: RunSettings): Fault[] {
  const { headline } = settings;
  if (headline === undefined) return [];
  const names = withReductions(method.scores(settings)).map(({ name }) => name);
  if (names.includes(headline)) return [];
  return [{ path: 'headline', message: `expected one of ${names.join(', ')}; got ${showValue(headline)}` }];
}

/** A method whose scores no result could hold: a run would be made to its end for nothing. */
function methodFaults(method: Method, settings: RunSettings): Fault[] {
  const faults = scoreFaults(method.scores(settings));
  if (faults.length === 0) return [];
  const listed = faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return [
    {
      path: 'method',
      message: `expected a method whose scores can be reported, got ${method.name}: ${listed}`,
    },
  ];
}

const prefixes = { train: 'trained-', score: 'scored-' } as const;
/** Kinds that had names before names said who makes them. */
const olderKinds = ['members', 'maps', 'kcurves', 'refiners', 'refined'];
