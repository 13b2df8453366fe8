import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExperimentResult, runKeys } from '@ddad/contract';
import { writePhantom } from '@ddad/dataset';
import { type MlflowTestServer, startMlflowTestServer } from '@ddad/mlflow/testing';
import { inlineWeights } from '@ddad/onnx';
import { inventedFacts, inventedModel } from '@ddad/onnx/testing';
import { artifactKey, encodeSafetensors, type ObjectStore, publishArtifact } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import sharp from 'sharp';
import { Interruption } from './interruption.ts';
import { inventedMethods, inventedProgress, inventedResult, student } from './invented-method.testing.ts';
import type { Connections } from './program/connections.ts';
import { runCli } from './program.ts';
import { recordedScreens } from './screens-for-tests.ts';
import type { RunEntry, TemporalRuns } from './temporal-runs.ts';

const spec = { role: 'student', seed: 7 };
export const memberKey = artifactKey(spec);
/** Temporal's ids of the executions. */
export const executions = {
  done: '01234567-89ab-7cde-8f01-23456789abcd',
  other: 'other-1',
  going: 'going-1',
  exp: 'exp-1',
};

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

/** A cluster with a dataset, a finished run, one under way, and an experiment; nothing of it is started. */
export class World {
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
      underWay: async () => ({ underWay: new Set(), datasets: new Set(), unknown: [] }),
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
          interruption: new Interruption(),
        });
      },
      resultOf: async (run) => {
        const { finishedResult, finishedRunId } = await import('./finished-run.ts');
        return finishedResult(store, await finishedRunId(runs, run), run);
      },
      mlflow: async (address) => ({ address, authorization: null }),
    };
  }

  invocation(screens = recordedScreens()) {
    const { root } = this;
    return { screens, environment: {}, cwd: root, checkout: root, onSignal: () => () => {} };
  }

  /** Runs a command line. @param connections the world's own unless given */
  async ddad(args: readonly string[], connections = this.connections({ demo: args[0] === 'demo' })) {
    const screens = recordedScreens();
    const code = await runCli(args, this.invocation(screens), () => connections);
    return { code, out: screens.out.text(), err: screens.err.text() };
  }

  async close(): Promise<void> {
    await this.mlflow.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
