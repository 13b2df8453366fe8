import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { writePhantom } from '@ddad/dataset';
import { brainFolder } from '@ddad/dataset/testing';
import { startTestCluster } from '../../test/test-cluster.ts';
import { type BenchSettings, type Figure, jsonLines } from '../figures.ts';

/** K = 3 + 3 and both refiners, a tenth of the benchmark's 250 and 100 epochs. */
const settings = { k: 3, epochs: 25, refinerEpochs: 10 };
const quickSettings = { k: 2, epochs: 1, refinerEpochs: 1 };
/** Of the benchmark; a tenth of it where it is to be quick. */
const counts = {
  train: 1000,
  unlabeledNormal: 1000,
  unlabeledAbnormal: 1000,
  testNormal: 600,
  testAbnormal: 600,
};
const quickCounts = {
  train: 96,
  unlabeledNormal: 32,
  unlabeledAbnormal: 32,
  testNormal: 30,
  testAbnormal: 30,
};

/**
 * A whole run on one trainer and one scorer, on the same processors as the peer's script. As many members are trained at a
 * time as there are threads, each on one, and each of the two refiners, which are trained at once, has half of them. The
 * benchmark's images, where they are beside the checkout, else as many of a phantom: what they show does not matter here.
 */
export async function* part({ quick, threads, python }: BenchSettings): AsyncGenerator<Figure> {
  const scratch = await mkdtemp(join(tmpdir(), 'ddad-bench-'));
  try {
    const brain = quick ? null : brainFolder();
    const folder = brain ?? join(scratch, 'phantom');
    if (brain === null) await writePhantom(folder, { seed: 1, ...(quick ? quickCounts : counts) });
    const { k, epochs, refinerEpochs } = quick ? quickSettings : settings;
    for (const precision of ['float32', 'bfloat16'] as const) {
      const refiner = { epochs: refinerEpochs };
      // The peer's script trains the plain autoencoder.
      const input = { dataset: 'bench', backbone: 'ae', k, epochs, precision, refiner };
      const ours = await ourRun(folder, scratch, threads, input);
      const numbers = [k, epochs, refinerEpochs, threads].map(String);
      const script = join(import.meta.dirname, '../peer/run.py');
      const [peer] = await jsonLines(python, [script, folder, ...numbers, precision]);
      yield { precision, ...ours, ratio: Number(ours.seconds) / Number(peer!.seconds), target: 0.5 };
      yield { precision, ...peer };
    }
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function ourRun(folder: string, scratch: string, threads: number, input: object): Promise<Figure> {
  const cluster = await startTestCluster({
    trainers: ['one'],
    env: {
      TRAINER_THREADS: '1',
      TRAINER_SLOTS: String(Math.min(threads, 2 * settings.k)),
      SCORER_THREADS: String(Math.max(1, Math.floor(threads / 2))),
    },
  });
  const command = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.ddad(...args);
    if (code !== 0) throw new Error(`ddad ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  try {
    await command('dataset', 'add', 'bench', folder);
    const path = join(scratch, 'input.json');
    await writeFile(path, JSON.stringify(input));
    const started = performance.now();
    const { members, seconds: stages } = JSON.parse(
      await command('run', '--input', path, '--json'),
    ) as RunResult;
    const seconds = (performance.now() - started) / 1000;
    const membersSeconds = members.reduce((sum, member) => sum + (member.seconds ?? 0), 0);
    const { train = null, maps = null, refine = null, report = null } = stages;
    return { form: 'ours', seconds, membersSeconds, train, maps, refine, report };
  } finally {
    await cluster.stop();
  }
}
