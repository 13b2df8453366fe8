/**
 * docs/python.md as its readers have it: every program of the page runs, against a real cluster and a real MLflow server, in the
 * environment that `scripts/setup long` makes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { choosePorts } from '@ddad/local-cluster';
import { readPipelineFacts } from '@ddad/onnx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonPrograms } from './python-page.ts';
import { runCommands } from './run-commands.ts';
import { bareEnvironment } from './servers/index.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { runProgram, startTestCluster, type TestCluster } from './test-cluster.ts';

const root = resolve(import.meta.dirname, '..');
const python = join(root, '.cache/users-python/bin/python');
/** PyTorch is 3 GB, which only the bench installs. */
const torchPython = join(root, '.cache/bench-python/bin/python');
const input = { dataset: 'brain', k: 2, epochs: 1, batchSize: 16, refiner: { epochs: 1 } };

/** No telemetry, and none of the processes that work for language models. */
const mlflowSettings = { MLFLOW_DISABLE_TELEMETRY: 'true', MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' };

let cluster: TestCluster;
let dataset: SmallDataset;
let folder: string;
let mlflow: { address: string; stop(): Promise<void> };
let result: RunResult;
let programs: Map<string, string>;
/** What `ddad run --mlflow` said. */
let said: string;
/** The run before it, which the coordinator alone logged. */
let first: RunResult;

beforeAll(async () => {
  if (!existsSync(python)) throw new Error(`expected ${python}, found none: scripts/setup long makes it`);
  folder = await mkdtemp(join(tmpdir(), 'ddad-python-'));
  const text = await readFile(join(root, 'docs/python.md'), 'utf8');
  programs = new Map(pythonPrograms(text).map(({ name, code }) => [name, code]));
  dataset = await smallDataset();
  mlflow = await startMlflow(folder);
  cluster = await startTestCluster({ trainers: ['one'], env: { MLFLOW_TRACKING_URI: mlflow.address } });
  const { addDataset, writeInput } = runCommands(cluster, dataset, folder);
  await addDataset('brain');
  await symlink(join(dataset.directory, 'images'), join(folder, 'images'));
  const runOnce = async (...flags: string[]) => {
    const run = await cluster.ddad('run', '--input', await writeInput(input), '--json', ...flags);
    if (run.code !== 0) throw new Error(run.stderr);
    return { result: JSON.parse(run.stdout) as RunResult, said: run.stderr };
  };
  first = (await runOnce()).result;
  // Trains nothing; the command line logs what the coordinator has logged already: nothing twice.
  ({ result, said } = await runOnce('--out', join(folder, 'results'), '--mlflow', mlflow.address));
  for (const [what, ...args] of [
    ['the scorer', 'export', '--run', result.runId, join(folder, 'brain.onnx')],
    ['a member', 'export', result.members[0]!.key, join(folder, 'member.safetensors')],
  ]) {
    const { code, stderr } = await cluster.ddad(...args);
    if (code !== 0) throw new Error(`${what}: ${stderr}`);
  }
}, 600_000);
afterAll(async () => {
  await cluster?.stop();
  await mlflow?.stop();
  await dataset?.remove();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Starts an MLflow server, and waits until it answers. */
async function startMlflow(home: string): Promise<typeof mlflow> {
  const [port] = await choosePorts([{ name: 'mlflow' }]);
  const address = `http://127.0.0.1:${port}`;
  const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const places = [
    '--backend-store-uri',
    `sqlite:///${home}/mlflow.db`,
    '--artifacts-destination',
    `${home}/artifacts`,
  ];
  const child: ChildProcess = spawn(python, [...args, ...places], {
    cwd: home,
    env: { ...bareEnvironment(), ...mlflowSettings },
    stdio: ['ignore', 'pipe', 'pipe'],
    // The server's own processes are its children: all of them end together.
    detached: true,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => (log += data.toString()));
  const ended = once(child, 'exit');
  const stop = async () => {
    const runs = child.exitCode === null && child.signalCode === null;
    if (runs && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await ended;
  };
  const limit = Date.now() + 120_000;
  for (;;) {
    const healthy = await fetch(`${address}/health`, { signal: AbortSignal.timeout(2000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return { address, stop };
    if (child.exitCode !== null || Date.now() > limit) {
      await stop();
      throw new Error(`mlflow server did not start:\n${log.slice(-3000)}`);
    }
    await new Promise((wait) => setTimeout(wait, 250));
  }
}

/**
 * Runs a program of the page in the folder, with the server's address for the one that the page has.
 * @returns what it printed
 * @throws Error with what it said where it failed
 */
async function runPage(name: string, interpreter = python): Promise<string> {
  const program = programs.get(name);
  if (program === undefined) throw new Error(`docs/python.md: expected a program ${name}`);
  await writeFile(join(folder, name), program.replace('http://127.0.0.1:5000', mlflow.address));
  const there = ['-c', 'cd "$1" && exec "$2" "$3"', 'sh', folder, interpreter, name];
  const { code, stdout, stderr } = await runProgram('sh', there, {
    TEMPORAL_ADDRESS: cluster.servers.temporal.address,
    no_proxy: '127.0.0.1',
  });
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr.slice(-3000)}`);
  return stdout;
}

test('every program of the page has a test', () => {
  expect([...programs.keys()]).toEqual(['scores.py', 'pipeline.py', 'member.py', 'start.py', 'logged.py']);
});

test('scores go into pandas, and give the AUC of the report', async () => {
  const stdout = await runPage('scores.py');
  expect(stdout).toMatch(/: AUC \d\.\d{4}, of 30 abnormal and 30 normal images$/m);
});

test('the exported scorer gives the scores of the run, from the files themselves', async () => {
  const stdout = await runPage('pipeline.py');
  const named = /^equal to the run: (.*)$/m.exec(stdout)?.[1]?.split(', ') ?? [];
  expect(named.length).toBeGreaterThan(4);
  // All that have no heat map beside them but that of a single network, and what their highest pixels give.
  for (const name of ['rec', 'recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual'])
    expect(named).toContain(name);
});

test.skipIf(!existsSync(torchPython))('a member goes into PyTorch, and gives its score', async () => {
  const stdout = await runPage('member.py', torchPython);
  expect(stdout).toContain('equal to the run: rec of 60 images');
});

/** For an answer of the server, which has one process, on a machine that others use. */
const patience = () => AbortSignal.timeout(120_000);

/** A call of MLflow's REST API, of which the test knows what it answers. */
async function mlflowApi<T>(path: string, body?: object): Promise<T> {
  const answer = await fetch(`${mlflow.address}/api/2.0/mlflow/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: patience(),
  });
  return (await answer.json()) as T;
}

interface MlflowRun {
  info: { run_id: string; status: string };
  data: { metrics: { key: string; value: number }[]; params: { key: string; value: string }[] };
}

/** What MLflow has of a run of ours. */
async function inMlflow({ runId }: RunResult): Promise<MlflowRun[]> {
  const name = 'experiment_name=ddad%20brain';
  const { experiment } = await mlflowApi<{ experiment: { experiment_id: string } }>(
    `experiments/get-by-name?${name}`,
  );
  const filter = `tags.\`ddad.run\` = '${runId}'`;
  const body = { experiment_ids: [experiment.experiment_id], filter };
  return (await mlflowApi<{ runs?: MlflowRun[] }>('runs/search', body)).runs ?? [];
}

/** Paths of a run's artifacts in a folder of them. */
async function artifactsIn({ info }: MlflowRun, folder: string): Promise<string[]> {
  const path = `artifacts/list?run_id=${info.run_id}&path=${folder}`;
  const { files = [] } = await mlflowApi<{ files?: { path: string }[] }>(path);
  return files.map((file) => file.path).sort();
}

async function expectWhole(run: MlflowRun): Promise<void> {
  expect(run.info.status).toBe('FINISHED');
  expect(await artifactsIn(run, '')).toEqual(['card.md', 'figures', 'model', 'report.html', 'report.json']);
  expect(await artifactsIn(run, 'figures')).toEqual([
    'figures/histograms.svg',
    'figures/precision-recall.svg',
    'figures/roc.svg',
  ]);
  expect(await artifactsIn(run, 'model')).toEqual(['model/model.onnx']);
}

test('MLflow has all of a run that the coordinator alone logged, its scorer and model card too', async () => {
  expect(first).not.toHaveProperty('notes');
  const [run, ...others] = await inMlflow(first);
  expect(others).toEqual([]);
  await expectWhole(run!);
  const address = `${mlflow.address}/get-artifact?run_uuid=${run!.info.run_id}&path=`;
  const model = await fetch(`${address}model/model.onnx`, { signal: patience() });
  expect(readPipelineFacts(Buffer.from(await model.arrayBuffer()))).toMatchObject({
    kind: 'pipeline',
    method: 'ddad',
    runId: first.runId,
  });
  const card = await fetch(`${address}card.md`, { signal: patience() });
  expect(await card.text()).toContain(`Run \`${first.runId}\``);
});

test('MLflow has the run once, with its input, figures with intervals, report, charts and model', async () => {
  const url = /^mlflow: (http:\/\/127\.0\.0\.1:\d+\/#\/experiments\/\d+\/runs\/\w+)$/m.exec(said)?.[1];
  expect(url).toBeDefined();
  // Once more, of the run that is finished: the same one.
  expect((await cluster.ddad('mlflow', result.runId, mlflow.address)).stdout).toBe(`${url}\n`);
  const stdout = await runPage('logged.py');
  expect(stdout.trim().split('\n').at(-1)).toMatch(/fetched\/figures$/);
  const runs = await inMlflow(result);
  expect(runs).toHaveLength(1);
  const { data } = runs[0]!;
  const metrics = Object.fromEntries(data.metrics.map(({ key, value }) => [key, value]));
  for (const [name, { auc, aucInterval }] of Object.entries(result.scores ?? {})) {
    expect(metrics[`auc/${name}`]).toBeCloseTo(auc, 9);
    expect(metrics[`auc_low/${name}`]).toBeCloseTo(aucInterval!.low, 9);
    expect(metrics[`auc_high/${name}`]).toBeCloseTo(aucInterval!.high, 9);
  }
  const params = Object.fromEntries(data.params.map(({ key, value }) => [key, value]));
  expect(params).toMatchObject({ dataset: 'brain', k: '2', epochs: '1', 'refiner.epochs': '1', seed: '0' });
  await expectWhole(runs[0]!);
});

test('a run is started and followed through Temporal’s own client; without MLflow it ends as well, and says so', async () => {
  await mlflow.stop();
  const stdout = await runPage('start.py');
  expect(stdout).toMatch(/^[a-z ]+: \d+\/\d+$/m);
  // The same input: nothing was trained again, and the figures are the same.
  for (const [name, { auc }] of Object.entries(result.scores ?? {}))
    expect(stdout).toContain(`${name}: AUC ${auc.toFixed(4)}`);
  const told = (await cluster.temporal.workflow.getHandle('from-python').result()) as RunResult;
  expect(told.notes).toEqual([
    expect.stringMatching(
      /^MLflow: the run could not be logged: MLflow at http:.*experiments\/create: no answer/,
    ),
  ]);
}, 180_000);
