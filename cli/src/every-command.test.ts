import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ExperimentResult, runKeys } from '@ddad/contract';
import { writePhantom } from '@ddad/dataset';
import { type MlflowTestServer, startMlflowTestServer } from '@ddad/mlflow/testing';
import { inlineWeights } from '@ddad/onnx';
import { artifactKey, encodeSafetensors, type ObjectStore, publishArtifact } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { documents, documentsAsJsonSchema, errorDocument } from './documents.ts';
import { CommandFailure, exitCodes } from './failure.ts';
import { inventedMethods, inventedProgress, inventedResult, student } from './invented-method.testing.ts';
import { inventedFacts, inventedModel } from './onnx/invented-pipeline.testing.ts';
import { commandTable } from './program/command-table.ts';
import type { Connections } from './program/connections.ts';
import { buildProgram, runCli } from './program.ts';
import { recordedScreens } from './screens-for-tests.ts';
import type { RunEntry, TemporalRuns } from './temporal-runs.ts';

const docs = readFileSync(resolve(import.meta.dirname, '../../docs/commands.md'), 'utf8');
const schemaFile = resolve(import.meta.dirname, '../../docs/commands.schema.json');

const spec = { role: 'student', seed: 7 };
const memberKey = artifactKey(spec);
/** Temporal's ids of the executions. */
const executions = {
  done: '01234567-89ab-7cde-8f01-23456789abcd',
  other: 'other-1',
  going: 'going-1',
  exp: 'exp-1',
};

/** A cluster with a dataset, a finished run, one under way, and an experiment; nothing of it is started. */
class World {
  readonly root = mkdtempSync(join(tmpdir(), 'ddad-commands-'));
  readonly store: ObjectStore = memoryStore();
  mlflow!: MlflowTestServer;
  /** What was asked of runs. */
  asked: string[] = [];

  path(name: string): string {
    return join(this.root, name);
  }

  async fill(): Promise<void> {
    this.mlflow = await startMlflowTestServer();
    const counts = { train: 3, unlabeledNormal: 0, unlabeledAbnormal: 1, testNormal: 2, testAbnormal: 1 };
    await writePhantom(this.path('phantom'), { seed: 8, ...counts });
    mkdirSync(this.path('folders/healthy'), { recursive: true });
    mkdirSync(this.path('folders/tumour'));
    for (const file of ['healthy/a.png', 'healthy/b.png', 'healthy/c.png', 'tumour/d.png']) {
      const level = file.charCodeAt(file.length - 5);
      const picture = {
        width: 64,
        height: 64,
        channels: 3,
        background: { r: level, g: level, b: level },
      } as const;
      await sharp({ create: picture })
        .png()
        .toFile(this.path(`folders/${file}`));
    }
    for (const runId of [executions.done, executions.other]) await this.#report(runId);
    writeFileSync(this.path('weights'), 'weights');
    const tensors = new Map([['conv.weight', { shape: [2, 1], data: Float32Array.of(1, 2) }]]);
    writeFileSync(this.path('weights.safetensors'), encodeSafetensors(tensors));
    const work = { loss: 0.5, seconds: 1, worker: 'trainer-1', environment: {} };
    const files = { weights: this.path('weights') };
    await publishArtifact(this.store, { kind: 'trained-students', key: memberKey, spec, files, ...work });
    writeFileSync(this.path('run.onnx'), inventedModel(inventedFacts, inlineWeights));
    writeFileSync(this.path('experiment.json'), '{"base": {"dataset": "brain", "method": "distillation"}}');
    mkdirSync(this.path('services/trainer/src'), { recursive: true });
    // What a trainer says goes where no document does.
    const program =
      "import { fstatSync } from 'node:fs'; process.exit(fstatSync(1).ino === fstatSync(2).ino ? 0 : 5);";
    writeFileSync(this.path('services/trainer/src/main.ts'), program);
  }

  async #report(runId: string): Promise<void> {
    const files = { report: runKeys.report(runId), page: runKeys.page(runId), scores: null };
    await this.store.put(runKeys.report(runId), JSON.stringify(inventedResult({ runId, files })));
    await this.store.put(runKeys.page(runId), '<!doctype html>');
  }

  #entry(id: string): RunEntry | null {
    const known = { brain: 'brain', method: 'distillation', k: 3, started: new Date(0) };
    const { brain: dataset, ...rest } = known;
    const run = { id, dataset, ...rest, closed: null };
    if (id === 'done' || id === executions.done)
      return {
        ...run,
        id: 'done',
        kind: 'run',
        executionId: executions.done,
        status: 'completed',
        closed: new Date(9000),
      };
    if (id === 'going') return { ...run, kind: 'run', executionId: executions.going, status: 'running' };
    if (id === 'exp')
      return {
        ...run,
        kind: 'experiment',
        executionId: executions.exp,
        status: 'completed',
        closed: new Date(9000),
      };
    return null;
  }

  get runs(): TemporalRuns {
    const result = async ({ executionId: runId }: { executionId: string }) => ({
      runId,
      result: inventedResult({ runId }),
    });
    let cancelled = false;
    const paused = () => this.asked.includes('pause going') && !this.asked.includes('resume going');
    const experiment: ExperimentResult = {
      experimentId: executions.exp,
      runs: [
        { axes: {}, workflowId: 'exp-01', runId: executions.done, report: runKeys.report(executions.done) },
      ],
      artifacts: {},
      seconds: 1,
      files: { experiment: '' },
    };
    return {
      start: async (id) => ({ id, executionId: executions.done }),
      foresee: async (_, input) => ({
        input,
        datasetDigest: memberKey,
        stages: ['training', 'report'],
        nodes: [
          { ...forecastNode, expectedSeconds: 60, found: false, resumes: true },
          { ...forecastNode, id: 'student 1', found: true, resumes: false },
        ],
        workers: { trainer: 1, scorer: 1 },
      }),
      progress: async ({ id }) =>
        inventedProgress([student(0, { state: 'running' })], {
          stage: id === 'going' ? (paused() ? 'paused' : 'training') : 'finished',
        }),
      result,
      startExperiment: async (id) => ({ id, executionId: executions.exp }),
      experimentProgress: async () => ({ stage: 'finished', runs: [] }),
      experimentResult: async () => experiment,
      list: async () => ['done', 'going', 'exp'].map((id) => this.#entry(id)!),
      find: async (reference) => this.#entry(reference),
      status: async () => (cancelled ? 'cancelled' : 'running'),
      async requestCancel() {
        cancelled = true;
      },
      pause: async ({ id }) => void this.asked.push(`pause ${id}`),
      resume: async ({ id }) => void this.asked.push(`resume ${id}`),
      addMembers: async (_, k) => ({
        k,
        added: [{ role: 'student', index: 3, seed: 1, key: memberKey }],
      }),
      forget: async ({ id }) => void this.asked.push(`forget ${id}`),
      underWay: async () => ({ underWay: new Set(), unknown: [] }),
      close: async () => {},
    };
  }

  connections({ demo = false } = {}): Connections {
    const { store, runs } = this;
    return {
      methods: inventedMethods,
      cluster: () => ({
        home: this.path('.ddad'),
        environment: trainerEnvironment,
        trainerEnvironment,
      }),
      store: async () => store,
      withTemporal: async (work) => work(runs),
      withRun: async (work) => {
        // 1,480 pictures would be drawn first.
        if (demo) return inventedResult() as never;
        return work({
          runs,
          methods: inventedMethods,
          store: () => store,
          live: () => Promise.reject(new Error('no NATS')),
          screens: recordedScreens(),
          now: () => 0,
          newRunName: () => 'one',
          page: () => null,
          progressPage: () => null,
          interrupted: new AbortController().signal,
        });
      },
      resultOf: async (run) => {
        const { finishedRunId } = await import('./finished-run.ts');
        const { storedResult } = await import('./stored-results.ts');
        return storedResult(store, await finishedRunId(runs, run));
      },
      mlflow: async (address) => ({ address, authorization: null }),
    };
  }

  async ddad(args: readonly string[]) {
    const screens = recordedScreens();
    const invocation = {
      screens,
      environment: {},
      cwd: this.root,
      checkout: this.root,
      onSignal: () => () => {},
    };
    const code = await runCli(args, invocation, () => this.connections({ demo: args[0] === 'demo' }));
    return { code, out: screens.out.text(), err: screens.err.text() };
  }
}

const forecastNode = {
  id: 'student 0',
  kind: 'trained-students',
  key: memberKey,
  stage: 'training',
  madeBy: 'trainer',
  unit: 'epoch',
  total: 40,
} as const;

const trainerEnvironment = {
  NATS_URL: 'nats://127.0.0.1:4222',
  S3_ENDPOINT: 'http://127.0.0.1:9000',
  S3_ACCESS_KEY: 'a',
  S3_SECRET_KEY: 's',
};

let world: World;
beforeAll(async () => {
  world = new World();
  // What these tests export, score and delete is nobody's business.
  vi.stubEnv('DDAD_AUDIT_LOG', world.path('audit.jsonl'));
  await world.fill();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.mlflow.close();
  rmSync(world.root, { recursive: true, force: true });
});

/**
 * How each command is called here, in this order; a command that is missing fails the tests. `done` is a finished run, `going`
 * one under way, `brain` a dataset, and what begins with OUT a place to write to.
 */
const invocations: Record<string, string[]> = {
  'dataset init': ['folders'],
  'dataset add': ['brain', 'phantom'],
  'dataset list': [],
  'dataset show': ['brain', '--out', 'OUT/page'],
  'weights add': ['resnet', 'weights.safetensors'],
  'weights list': [],
  'weights remove': ['resnet'],
  run: ['--dataset', 'brain', '--method', 'distillation', '--out', 'OUT/run'],
  experiment: ['experiment.json', '--out', 'OUT/experiment'],
  runs: ['--status', 'running', 'completed'],
  describe: ['done'],
  watch: ['done'],
  pause: ['going'],
  resume: ['going'],
  'add-members': ['going', '--k', '5'],
  cancel: ['going'],
  report: ['done', '--out', 'OUT/page.html'],
  card: ['done', '--out', 'OUT/card.md'],
  mlflow: ['done', 'MLFLOW'],
  members: [],
  export: [memberKey, 'OUT/member.safetensors'],
  score: ['run.onnx', 'folders', '--out', 'OUT/maps'],
  prune: [],
  disk: [],
  trainer: ['--id', 'one'],
  demo: [],
  completion: ['bash'],
  'run delete': ['done', '--dry-run'],
  'dataset remove': ['brain'],
};

const files = ['folders', 'phantom', 'run.onnx', 'experiment.json', 'weights.safetensors'];
const argsOf = (name: string, given = invocations[name] ?? []) => [
  ...name.split(' '),
  ...given.map((text) => {
    if (text === 'MLFLOW') return world.mlflow.address;
    return text.startsWith('OUT') || files.includes(text) ? world.path(text) : text;
  }),
];

const table = () => {
  const invocation = {
    environment: {},
    cwd: '/',
    checkout: '/',
    screens: recordedScreens(),
    onSignal: () => () => {},
  };
  return commandTable(
    buildProgram({ ...invocation, methods: inventedMethods }, world.connections(), { code: 0 }),
  );
};

it('every command has --json, a schema of what that prints, a place in the docs, and a call in these tests', () => {
  const names = table().map(({ name }) => name);
  const without = table().filter(({ command }) => !command.options.some(({ long }) => long === '--json'));
  expect(without.map(({ name }) => name)).toEqual([]);
  expect(Object.keys(documents).sort()).toEqual(names.toSorted());
  expect(Object.keys(invocations).sort()).toEqual(names.toSorted());
  const told = [...docs.matchAll(/^\| `([a-z -]+?)(?: [A-Z[.].*?)?` \|/gm)].map(([, name]) => name);
  expect(told.toSorted()).toEqual(names.toSorted());
});

it('the schemas in the docs are those that the documents are held against', () => {
  const anew =
    'node cli/src/write-document-schemas.ts && biome format --write docs/commands.schema.json writes them anew';
  expect(JSON.parse(readFileSync(schemaFile, 'utf8')), anew).toEqual(
    JSON.parse(JSON.stringify(documentsAsJsonSchema())),
  );
});

describe('with --json', () => {
  it.each(Object.keys(invocations))('%s prints one document of its form and nothing else', async (name) => {
    const { code, out, err } = await world.ddad([...argsOf(name), '--json']);
    expect(err).not.toMatch(/^error/m);
    expect(code).toBe(0);
    expect(out.endsWith('\n')).toBe(true);
    expect(out.trimEnd()).not.toContain('\n');
    documents[name]!.parse(JSON.parse(out));
  });

  it.each([
    ['run', ['--dataset', 'brain', '--method', 'distillation', '--detach']],
    ['run', ['--dataset', 'brain', '--method', 'distillation', '--dry-run']],
    ['watch', ['exp']],
    ['describe', ['exp']],
    ['describe', [executions.other]],
    ['runs', ['--status', 'paused']],
    ['score', ['run.onnx', 'folders', '--csv']],
  ])('%s %j likewise', async (name, args) => {
    await world.ddad(argsOf('dataset add'));
    const { code, out } = await world.ddad([...argsOf(name, args), '--json']);
    expect(code).toBe(0);
    expect(out.trimEnd()).not.toContain('\n');
    documents[name]!.parse(JSON.parse(out));
  });

  it.each(Object.keys(invocations))('%s prints the fault where it fails', async (name) => {
    const { code, out } = await world.ddad([...argsOf(name), '--no-such-option', '--json']);
    expect(code).toBe(exitCodes.badInput);
    expect(errorDocument.parse(JSON.parse(out)).error).toEqual({
      message: expect.stringContaining('--no-such-option'),
      exitCode: exitCodes.badInput,
    });
  });

  it.each([
    ['run', 'delete', 'done', '--dry-run', '--json'],
    ['run', 'delete', '--json', '--dry-run', 'done'],
    ['run', '--dry-run', '--json', 'delete', 'done'],
  ])('%s %s %s %s %s removes nothing, though "run" has options of these names', async (...args) => {
    const { out } = await world.ddad(args);
    expect(JSON.parse(out)).toMatchObject({ workflowId: 'done', deleted: false });
    expect(await world.store.exists(runKeys.report(executions.done))).toBe(true);
    expect(world.asked).not.toContain('forget done');
  });

  it('tells what was found all the same by a command that failed', async () => {
    writeFileSync(world.path('folders/broken.png'), 'no image');
    const { code, out } = await world.ddad([...argsOf('score'), '--json']);
    rmSync(world.path('folders/broken.png'));
    expect(code).toBe(exitCodes.failed);
    expect(JSON.parse(out)).toMatchObject({ verdict: { images: 4, faults: 1 } });
    documents.score!.parse(JSON.parse(out));
  });
});

it('a deletion is noted in the audit, a dry one is not', async () => {
  await world.ddad(['run', 'delete', executions.other, '--dry-run']);
  await world.ddad(['run', 'delete', executions.other]);
  const lines = readFileSync(world.path('audit.jsonl'), 'utf8').trim().split('\n');
  const deleted = lines
    .map((line) => JSON.parse(line).audit)
    .filter(({ action }) => action === 'run deleted');
  expect(deleted).toMatchObject([{ runId: executions.other }]);
});

describe('gives the same exit code for the same fault', () => {
  /** The commands whose calls have one of these among their arguments. */
  const thatTake = (...texts: string[]) =>
    Object.entries(invocations).flatMap(([name, args]) =>
      args.some((arg) => texts.includes(arg)) ? [name] : [],
    );
  const instead = (name: string, texts: readonly string[], text: string) =>
    argsOf(
      name,
      invocations[name]!.map((arg) => (texts.includes(arg) ? text : arg)),
    );
  const documented = (fault: string) => {
    const [, code] = new RegExp(`^\\| (\\d+) \\|.*${fault}`, 'm').exec(docs) ?? [];
    return code === undefined ? expect.fail(`docs/commands.md does not tell of: ${fault}`) : Number(code);
  };

  it.each(thatTake('done', 'going'))('%s: a run that is not there', async (name) => {
    const args = instead(name, ['done', 'going'], 'nobody');
    expect((await world.ddad(args)).code).toBe(documented('a run, a member or a page that is not there'));
  });

  it('export --run: a run that is not there, or is not finished', async () => {
    const file = world.path('OUT/run.onnx');
    expect((await world.ddad(['export', '--run', 'nobody', file])).code).toBe(exitCodes.badInput);
    expect((await world.ddad(['export', '--run', 'going', file])).code).toBe(exitCodes.notNow);
  });

  it('score: a run that is not there, or is not finished', async () => {
    expect((await world.ddad(['score', 'nobody', world.path('folders')])).code).toBe(exitCodes.badInput);
    expect((await world.ddad(['score', 'going', world.path('folders')])).code).toBe(exitCodes.notNow);
  });

  it.each(thatTake('going'))('%s: a run that has ended already', async (name) => {
    expect((await world.ddad(instead(name, ['going'], 'done'))).code).toBe(documented('has ended already'));
  });

  it.each(thatTake('done').filter((name) => !['describe', 'watch'].includes(name)))(
    '%s: a run that is under way still',
    async (name) => {
      expect((await world.ddad(instead(name, ['done'], 'going'))).code).toBe(documented('under way still'));
    },
  );

  it.each(['pause', 'resume', 'add-members', 'report', 'run delete'])(
    '%s: an experiment in place of a run',
    async (name) => {
      expect((await world.ddad(instead(name, ['done', 'going'], 'exp'))).code).toBe(
        documented('an experiment in place of a run'),
      );
    },
  );

  it.each(thatTake('brain').filter((name) => name !== 'dataset add'))(
    '%s: a dataset that is not there',
    async (name) => {
      expect((await world.ddad(instead(name, ['brain'], 'nope'))).code).toBe(
        documented('a dataset.* that is not there'),
      );
    },
  );

  it('weights remove: weights that are not there', async () => {
    expect((await world.ddad(['weights', 'remove', 'nothing'])).code).toBe(
      documented('weights that are not there'),
    );
  });

  it('experiment: a dataset that is not there', async () => {
    writeFileSync(world.path('other.json'), '{"base": {"dataset": "nope", "method": "distillation"}}');
    const args = ['experiment', world.path('other.json'), '--out', world.path('OUT/other')];
    expect((await world.ddad(args)).code).toBe(exitCodes.badInput);
  });

  it.each(
    Object.entries(invocations).flatMap(([name, args]) =>
      args.some((arg) => arg.startsWith('OUT')) ? [name] : [],
    ),
  )('%s: a place that takes no files', async (name) => {
    await world.ddad(argsOf('dataset add'));
    const given = invocations[name]!.map((arg) => (arg.startsWith('OUT') ? `/proc/none/${arg}` : arg));
    expect((await world.ddad(argsOf(name, given))).code).toBe(
      documented('a place that cannot be written to'),
    );
  });

  it.each(Object.keys(invocations))('%s: a server that does not answer', async (name) => {
    const away = () => Promise.reject(new CommandFailure('Temporal does not answer'));
    const connections: Connections = {
      ...world.connections(),
      store: away,
      withTemporal: away,
      withRun: away,
      resultOf: away,
    };
    const screens = recordedScreens();
    const invocation = {
      screens,
      environment: {},
      cwd: world.root,
      checkout: world.root,
      onSignal: () => () => {},
    };
    const code = await runCli(argsOf(name), invocation, () => connections);
    const alone = ['dataset init', 'score', 'trainer', 'completion'];
    if (!alone.includes(name)) expect(code).toBe(documented('a server that does not answer'));
  });
});
