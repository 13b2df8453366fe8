/** Trains for a few steps on more images than the Brain Tumor benchmark has: `memory-process.ts NETWORK` prints a JSON line. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '@ddad/compute';
import { imagesDigest } from '@ddad/dataset';
import type { ChildContext } from '@ddad/jobs/child';
import { memberKind, recipes, refinerKind } from '@ddad/methods/ddad/kinds';
import { memberInputs, memberKeys } from '@ddad/methods/ddad/member-inputs.testing';
import { trainMember } from '@ddad/methods/ddad/members/train-member';
import { trainRefiner } from '@ddad/methods/ddad/refiner/train-refiner';
import { backboneSchema } from '@ddad/methods/ddad/settings';
import { taskOf } from '@ddad/methods/make-task.testing';
import { backbone, initialise, toPyTorch } from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';

const [network] = process.argv.slice(2);
const imageSize = 64;
/** A thousand unlabeled images more than the benchmark's 1000 normal, 1000 unlabeled and 1200 to test with. */
const [packed, normal, unlabeled] = [4200, 1000, 2000];
const steps = 30;
let done = 0;
const context: ChildContext = {
  ready: () => {},
  progress: () => {},
  // Stops with a checkpoint, which takes memory too.
  afterStep: async () => (++done < steps ? 'go on' : 'stop'),
  checkpoint: () => {},
};
const directory = await mkdtemp(join(tmpdir(), 'ddad-bench-'));
try {
  const bytes = new Uint8Array(packed * imageSize ** 2);
  const random = randomStream(0, 'pixels');
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.integer(0, 255);
  const pixels = join(directory, 'pixels.u8');
  await writeFile(pixels, bytes);
  const images = Array.from({ length: network === 'dual' ? normal : normal + unlabeled }, (_, i) => i);
  const common = { seed: 1, epochs: 100, imagesDigest: imagesDigest(bytes, imageSize, images), imageSize };
  const task = { pixels, images, directory, threads: Number(process.env.OMP_NUM_THREADS) };
  if (network === 'dual') {
    const { parameters } = backbone('ae', imageSize);
    const members = Array.from({ length: 6 }, (_, i) => join(directory, String(i)));
    for (const [i, path] of members.entries())
      await writeFile(path, encodeSafetensors(toPyTorch(parameters, initialise(parameters, i))));
    const files = { ndm: members.slice(0, 3), udm: members.slice(3) };
    const settings = { batchSize: 8, learningRate: 1e-4, weightDecay: 1e-4 };
    const spec = {
      recipe: recipes.refiner,
      backbone: 'ae',
      input: 'dual',
      ...memberKeys(files),
      ...settings,
      ...common,
    } as const;
    const inputs = memberInputs(files);
    await trainRefiner(taskOf(refinerKind, spec, { ...task, inputs }), context);
  } else {
    const settings = { batchSize: 64, learningRate: 5e-4 };
    const name = backboneSchema.parse(network);
    const spec = {
      recipe: recipes.member[name],
      backbone: name,
      role: 'udm',
      ...settings,
      ...common,
    } as const;
    await trainMember(taskOf(memberKind, spec, task), context);
  }
} finally {
  await rm(directory, { recursive: true });
}
const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
console.log(JSON.stringify({ network, gib: Number(peak) / 2 ** 20 }));
