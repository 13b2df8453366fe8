/** Scores made-up images by made-up members and refiners, as a scorer does: `scoring-process.ts K IMAGES THREADS` prints a JSON line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '@ddad/compute';
import { imagesDigest } from '@ddad/dataset';
import type { ChildContext } from '@ddad/jobs/child';
import { mapKind, type RefinerInput, recipes, refinedKind, refinerKind } from '@ddad/methods/ddad/kinds';
import { makeMaps } from '@ddad/methods/ddad/maps/make-maps';
import { memberInputs, memberKeys } from '@ddad/methods/ddad/member-inputs.testing';
import { applyRefiner } from '@ddad/methods/ddad/refiner/apply-refiner';
import { inputOf, taskOf } from '@ddad/methods/make-task.testing';
import { asrNet, backbone, initialise, type ParameterSpec, toPyTorch } from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';

const [k, count, threads] = process.argv.slice(2, 5).map(Number) as [number, number, number];
const imageSize = 64;
const context: ChildContext = {
  ready: () => {},
  progress: () => {},
  afterStep: async () => 'go on',
  checkpoint: () => {},
};
const directory = await mkdtemp(join(tmpdir(), 'ddad-bench-'));

async function write(name: string, parameters: readonly ParameterSpec[], seed: number): Promise<string> {
  const path = join(directory, name);
  await writeFile(
    path,
    encodeSafetensors(toPyTorch(parameters, initialise(parameters, seed)), { format: 'pt' }),
  );
  return path;
}

try {
  const values = new Float32Array(count * imageSize ** 2);
  randomStream(0, 'pixels').fillUniform(0, 255, values);
  const bytes = Uint8Array.from(values);
  const pixels = join(directory, 'pixels.u8');
  await writeFile(pixels, bytes);
  const images = Array.from({ length: count }, (_, position) => position);
  const { parameters } = backbone('ae', imageSize);
  const members = (role: string, first: number) =>
    Promise.all(
      Array.from({ length: k }, (_, index) => write(`${role}-${index}`, parameters, first + index)),
    );
  const files = { ndm: await members('ndm', 1), udm: await members('udm', 1 + k) };
  const dual = await write('dual', asrNet({ inputs: 2 }).parameters, 7);
  const intra = await write('intra', asrNet({ inputs: 1 }).parameters, 8);
  const spec = {
    recipe: recipes.maps,
    backbone: 'ae' as const,
    ...memberKeys(files),
    imagesDigest: imagesDigest(bytes, imageSize, images),
    imageSize,
  };

  const started = performance.now();
  const cpu = process.cpuUsage();
  const inputs = memberInputs(files);
  const maps = await makeMaps(taskOf(mapKind, spec, { inputs, pixels, images, directory, threads }), context);
  const mapsSeconds = (performance.now() - started) / 1000;
  if (maps === null) throw new Error('the maps were stopped');
  const refine = async (input: RefinerInput, weights: string) => {
    const read = {
      maps: inputOf(mapKind.kind, spec, { maps: maps.files.maps! }),
      refiner: inputOf(refinerKind.kind, { input, imageSize }, { weights }),
    };
    const refined = { maps: read.maps.manifest.key, refiner: read.refiner.manifest.key };
    await applyRefiner(taskOf(refinedKind, refined, { inputs: read, directory, threads }), context);
  };
  await refine('dual', dual);
  await refine('intra', intra);
  const used = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  const cpuSeconds = (used.user + used.system) / 1e6;
  console.log(JSON.stringify({ form: 'ours', images: count, seconds, cpuSeconds, mapsSeconds }));
} finally {
  await rm(directory, { recursive: true });
}
