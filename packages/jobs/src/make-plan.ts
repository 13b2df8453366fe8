import {
  canonicalJson,
  describeFaults,
  type Fault,
  faultsOf,
  type KindDefinition,
  type Pool,
  sha256Hex,
  showValue,
} from '@ddad/contract';
import { JobError, type MakeRequest } from '@ddad/rpc';
import type { DatasetCache, ObjectStore } from '@ddad/storage';
import { fetchInputs } from './fetch-inputs.ts';
import type { ArtifactPlan } from './job.ts';
import type { MakeTask } from './make-task.ts';

export interface MakePlanDeps {
  /** What makes a kind; null where nobody brings it. */
  kinds(name: string): KindDefinition | null;
  /** Whose kinds are made here. */
  pool: Pool;
  store: ObjectStore;
  cache: Pick<DatasetCache, 'pixels' | 'index' | 'masks'>;
  /** Intra-op threads of a job's process. */
  threads: number;
  /** Steps a call into TensorFlow; undefined leaves them to the device. */
  stepsACall?: number | undefined;
  /** Modules of further methods. */
  methods: readonly string[];
}

/** A specification's JSON has at most so many bytes. */
const mostSpecBytes = 2 ** 20;
const positions = 2 ** 32;
const digestForm = /^[0-9a-f]{64}$/;

/**
 * What a Make call asks for.
 * @throws JobError `invalid` with every fault of the request
 */
export function makePlan(request: MakeRequest, deps: MakePlanDeps): ArtifactPlan {
  const { job, datasetDigest, images } = request;
  const faults: Fault[] = [];
  const expect = (right: boolean, path: string, expected: string, got: unknown) => {
    if (!right) faults.push({ path, message: `expected ${expected}, got ${showValue(got)}` });
  };
  if (job === undefined) faults.push({ path: 'job', message: 'expected a header, got none' });
  const kind = deps.kinds(request.kind);
  expect(kind !== null, 'kind', 'one that a method of this service brings', request.kind);
  if (kind !== null)
    expect(kind.pool === deps.pool, 'kind', `one of pool ${deps.pool}`, `${kind.kind} of pool ${kind.pool}`);
  const key = sha256Hex(request.spec);
  if (job !== undefined) expect(job.key === key, 'key', `the specification's SHA-256, ${key}`, job.key);
  const spec = readSpec(request.spec, kind, faults);
  const readsDataset = kind !== null && Object.values(kind.reads).includes(true);
  // It becomes a path and an object key: nothing else may pass for one.
  if (readsDataset)
    expect(digestForm.test(datasetDigest), 'dataset digest', '64 hexadecimal digits', datasetDigest);
  const least = kind === null || spec === null ? 0 : (kind.leastImages?.(spec) ?? 0);
  expect(images.length >= least, 'images', `at least ${least}`, images.length);
  const odd = images.find((position) => !Number.isInteger(position) || position < 0 || position >= positions);
  expect(odd === undefined, 'images', 'positions from 0 to 2^32 - 1', odd);
  if (faults.length > 0 || kind === null || spec === null)
    throw new JobError('invalid', describeFaults(faults).replaceAll('\n', '; '));
  return {
    kind: kind.kind,
    key,
    spec,
    async prepare(directory, checkpoint): Promise<MakeTask> {
      const { store, cache, threads, stepsACall, methods } = deps;
      const masks = kind.reads.masks === true ? await cache.masks(datasetDigest) : null;
      return {
        kind: kind.kind,
        key,
        spec,
        inputs: await fetchInputs(store, kind.needs(spec), directory),
        pixels: kind.reads.pixels === true ? await cache.pixels(datasetDigest) : null,
        index: kind.reads.index === true ? await cache.index(datasetDigest) : null,
        ...(masks === null ? {} : { masks }),
        images,
        directory,
        checkpoint,
        threads,
        ...(stepsACall === undefined ? {} : { stepsACall }),
        methods: [...methods],
      };
    },
  };
}

/**
 * A specification as its kind's schema has it; of one whose kind nobody knows, only the form can be looked at.
 * @returns null where it is at fault, with its faults added
 */
function readSpec(bytes: Uint8Array, kind: KindDefinition | null, faults: Fault[]): object | null {
  const fault = (message: string) => {
    faults.push({ path: 'spec', message });
    return null;
  };
  if (bytes.length > mostSpecBytes)
    return fault(`expected at most ${mostSpecBytes} bytes, got ${bytes.length}`);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return fault('expected JSON in UTF-8, got something else');
  }
  if (kind === null) return null;
  const parsed = kind.schema.safeParse(value);
  if (!parsed.success) {
    const found = faultsOf(parsed.error, value);
    faults.push(
      ...found.map(({ path, message }) => ({ path: path === '' ? 'spec' : `spec.${path}`, message })),
    );
    return null;
  }
  // Defaults that were left out, another order of fields or another way to write a number: its SHA-256 is no key.
  if (canonicalForm(parsed.data) !== text)
    return fault('expected canonical JSON, with every default written out');
  return parsed.data;
}

/** @returns null of what is nested deeper than there is stack */
function canonicalForm(value: object): string | null {
  try {
    return canonicalJson(value);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
