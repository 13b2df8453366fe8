/**
 * Holds what runs make, seen from the object store, against what was recorded before methods planned them: keys,
 * specifications, bytes, losses, reports and scores.csv. A key that changes costs users every training anew; other bytes
 * under an old key mix artifacts that do not belong together. So nothing here is recorded anew without a new recipe
 * version, but for inputs that are new.
 *
 * `RECORD=1 vitest run --project long test/recorded-artifacts` and `make format` record anew.
 *
 * Equal bytes are promised for equal environments only (the manifests': processor, threads, TensorFlow, Node, platform).
 * Elsewhere losses and scores are held against the recorded ones (`allowances.ts` says how closely), as with
 * `RECORDED_THREADS=2`, which makes another environment of the same machine.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { reportAllowance, scoresAllowance, valueAllowance } from './recorded-artifacts/allowances.ts';
import { type Allowance, differences } from './recorded-artifacts/compare.ts';
import { type RecordedDataset, recordedDataset } from './recorded-artifacts/recorded-dataset.ts';
import {
  type Artifact,
  artifactsIn,
  environmentIn,
  type RecordedRun,
  type Recording,
  readRecording,
  runIn,
  writeRecording,
} from './recorded-artifacts/recording.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

const folder = join(import.meta.dirname, 'recorded-artifacts');
const inputs = z
  .record(z.string(), z.json())
  .parse(JSON.parse(await readFile(join(folder, 'inputs.json'), 'utf8')));

const { RECORD, RECORDED_THREADS: threads = '1' } = process.env;
const records = RECORD === '1';
const exact: Allowance = () => null;
/** Of one run; far more than on a quiet machine, for one that works for others too. */
const limitMs = 1_200_000;

let cluster: TestCluster;
let dataset: RecordedDataset;
let recorded: Recording;
/** What runs have made so far. */
const runs: Recording['runs'] = {};

beforeAll(async () => {
  const env = { TRAINER_THREADS: threads, SCORER_THREADS: threads };
  [cluster, dataset] = await Promise.all([startTestCluster({ env }), recordedDataset()]);
  await dataset.become('validated');
  await ddad('dataset', 'add', 'validated', dataset.directory);
  await dataset.become('plain');
  await ddad('dataset', 'add', 'plain', dataset.directory, '--image-size', '64', '128');
  if (!records) recorded = await readRecording(folder);
}, limitMs);
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
});

async function ddad(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.ddad(...args);
  if (code !== 0) throw new Error(`ddad ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

async function run(name: string): Promise<RecordedRun> {
  const path = join(dataset.directory, `${name}.json`);
  await writeFile(path, JSON.stringify(inputs[name]));
  const output: unknown = JSON.parse(await ddad('run', '--input', path, '--json'));
  const { runId } = z.object({ runId: z.string() }).parse(output);
  return runIn(cluster.store, runId);
}

/** Whether bytes are to be the recorded ones. */
async function isRecordedEnvironment(): Promise<boolean> {
  return isDeepStrictEqual(await environmentIn(cluster.store), recorded.environment);
}

// One after the other: later runs find the members of earlier ones.
test.each(Object.keys(inputs))(
  'run %s reports the recorded members, artifacts, figures and scores',
  async (name) => {
    const found = await run(name);
    runs[name] = found;
    if (records) return;
    const wanted = recorded.runs[name];
    if (wanted === undefined) throw new Error(`expected a recorded run ${name}, got none: record anew`);
    const same = await isRecordedEnvironment();
    expect(differences(found.report, wanted.report, same ? exact : reportAllowance)).toEqual([]);
    expect(differences(found.heldOut, wanted.heldOut, same ? exact : valueAllowance)).toEqual([]);
    if (same) expect(found.scores).toBe(wanted.scores);
    expect(differences(linesOf(found.scores), linesOf(wanted.scores), scoresAllowance)).toEqual([]);
  },
  limitMs,
);

test(
  'the store holds the recorded artifacts and no other: keys, specifications, bytes and losses',
  async () => {
    const found = await artifactsIn(cluster.store);
    const environment = await environmentIn(cluster.store);
    if (records) return writeRecording(folder, { environment, artifacts: found, runs });
    const specified = ({ kind, key, spec }: Artifact) => ({ kind, key, spec });
    expect(found.map(specified)).toEqual(recorded.artifacts.map(specified));
    if (isDeepStrictEqual(environment, recorded.environment)) {
      return expect(found).toEqual(recorded.artifacts);
    }
    console.info('Bytes were not compared: recorded', recorded.environment, 'made', environment);
    expect(
      differences(found.map(withoutDigests), recorded.artifacts.map(withoutDigests), reportAllowance),
    ).toEqual([]);
  },
  limitMs,
);

function withoutDigests({ files, ...artifact }: Artifact) {
  const sizes = Object.entries(files).map(([name, { bytes }]) => [name, bytes]);
  return { ...artifact, sizes: Object.fromEntries(sizes) };
}

/** Lines as objects, by the header's names. */
function linesOf(csv: string): Record<string, string | number>[] {
  const [header = '', ...lines] = csv.trimEnd().split('\n');
  const columns = header.split(',');
  const cell = (text: string) => (text === '' || Number.isNaN(Number(text)) ? text : Number(text));
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((text, i) => [columns[i] ?? `column ${i}`, cell(text)])),
  );
}
