import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  artifactKey,
  type DatasetIndex,
  type EvaluationSpec,
  evaluationKind,
  type KindDefinition,
  newEvaluationSpec,
} from '@ddad/contract';
import type { ChildProgress } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import type { MakerInput, MakeTask } from '@ddad/jobs/task';
import { encodeSafetensors, type NamedTensor } from '@ddad/storage/safetensors';

export const datasetDigest = 'd'.repeat(64);

/** Rows of a tensor. */
export function tensor(...rows: number[][]): NamedTensor {
  return { shape: [rows.length, rows[0]?.length ?? 0], data: Float32Array.from(rows.flat()) };
}

/** Image scores as a tensor. */
export function scoresOf(values: readonly number[]): NamedTensor {
  return { shape: [values.length], data: Float32Array.from(values) };
}

/** A published artifact that exists on disk alone. */
export interface MadeUp {
  kind: string;
  key: string;
}

/** Tasks of makers with made-up inputs in a folder of their own. */
export class MadeUpTasks {
  readonly folder: string;
  readonly #inputs = new Map<string, MakerInput>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(): Promise<MadeUpTasks> {
    return new MadeUpTasks(await mkdtemp(join(tmpdir(), 'ddad-evaluation-')));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  /** @param name what tells it from other artifacts of the kind */
  async artifact(
    kind: string,
    name: string,
    files: Record<string, Record<string, NamedTensor>>,
    more: Partial<MakerInput['manifest']> = {},
  ): Promise<MadeUp> {
    const spec = { name, recipe: 7, imagesDigest: 'a'.repeat(64) };
    const key = artifactKey(spec);
    const paths: Record<string, string> = {};
    for (const [file, tensors] of Object.entries(files)) {
      paths[file] = join(this.folder, `${kind}-${name}-${file}`);
      await writeFile(paths[file], encodeSafetensors(new Map(Object.entries(tensors))));
    }
    const described = Object.keys(files).map((file) => [
      file,
      { object: `${kind}/${key}/${'f'.repeat(64)}`, sha256: 'f'.repeat(64), bytes: 1 },
    ]);
    const manifest: MakerInput['manifest'] = {
      format: 1,
      kind,
      key,
      spec,
      files: Object.fromEntries(described),
      loss: 0.25,
      seconds: 1,
      worker: 'tester',
      finishedAt: '2026-01-02T03:04:05.000Z',
      environment: { processor: 'Test Processor' },
      history: [0.5, 0.25],
      ...more,
    };
    this.#inputs.set(`${kind} ${key}`, { manifest, files: paths });
    return { kind, key };
  }

  /** A task as a service hands it over. */
  async task<Spec extends object>(
    kind: KindDefinition<Spec>,
    spec: Spec,
    index: DatasetIndex,
    {
      pixels = null,
      masks = null,
      images = [],
    }: { pixels?: Uint8Array | null; masks?: Uint8Array | null; images?: number[] } = {},
  ): Promise<MakeTask<Spec>> {
    const paths = {
      index: join(this.folder, 'index.json'),
      pixels: join(this.folder, 'pixels.u8'),
      masks: join(this.folder, 'masks.u8'),
    };
    if (masks !== null) await writeFile(paths.masks, masks);
    await writeFile(paths.index, JSON.stringify(index));
    if (pixels !== null) await writeFile(paths.pixels, pixels);
    const checked = kind.schema.parse(spec);
    const needs = Object.entries(kind.needs(checked)).map(([name, need]): [string, MakerInput] => {
      const input = this.#inputs.get(`${need.kind} ${need.key}`);
      if (input === undefined) throw new Error(`expected ${need.kind} ${need.key} to be made up before`);
      const files = need.files.map((file) => [file, input.files[file] ?? 'nowhere']);
      return [name, { manifest: input.manifest, files: Object.fromEntries(files) }];
    });
    return {
      kind: kind.kind,
      key: artifactKey(checked),
      spec: checked,
      inputs: Object.fromEntries(needs),
      pixels: pixels === null ? null : paths.pixels,
      index: paths.index,
      ...(masks === null ? {} : { masks: paths.masks }),
      images,
      directory: this.folder,
      checkpoint: null,
      threads: 1,
      methods: [],
    };
  }

  /** The same of an evaluation. */
  evaluation(
    spec: Omit<Parameters<typeof newEvaluationSpec>[0], 'datasetDigest'>,
    index: DatasetIndex,
    masks: Uint8Array | null = null,
  ): Promise<MakeTask<EvaluationSpec>> {
    return this.task(evaluationKind, newEvaluationSpec({ datasetDigest, ...spec }), index, { masks });
  }
}

/** A job's context that notes what it is told. */
export interface NotedContext extends ChildContext {
  told: ChildProgress[];
  steps: number;
}

/** @param stopAfter steps after which the work is told to end */
export function notedContext(stopAfter = Number.POSITIVE_INFINITY): NotedContext {
  const context: NotedContext = {
    told: [],
    steps: 0,
    ready() {},
    progress: (progress) => void context.told.push(progress),
    async afterStep() {
      context.steps += 1;
      return context.steps > stopAfter ? 'stop' : 'go on';
    },
    checkpoint() {},
  };
  return context;
}
