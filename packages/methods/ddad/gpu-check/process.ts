/**
 * Trains a made-up member on the device that TensorFlow finds: `process.ts EPOCHS FORM` prints one JSON line,
 * `GpuCheckFigures`. Its environment decides the device, and whether there is XLA; FORM is a `GpuForm` as JSON.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend, randomStream } from '@ddad/compute';
import { artifactKey } from '@ddad/contract';
import { imagesDigest } from '@ddad/dataset';
import type { ChildContext } from '@ddad/jobs/child';
import { type MemberSpec, memberKind, recipes } from '../kinds.ts';
import { trainMember } from '../members/train-member.ts';
import type { GpuCheckFigures } from './compare-devices.ts';
import type { GpuForm } from './forms.ts';

const epochs = Number(process.argv[2]);
const form = JSON.parse(process.argv[3] as string) as GpuForm;
const [imageSize, batchSize, count] = [64, 64, 2048];
const directory = await mkdtemp(join(tmpdir(), 'ddad-gpu-check-'));
const speeds: number[] = [];
let firstEpoch = Number.NaN;
const context: ChildContext = {
  ready: () => {},
  progress: ({ imagesPerSecond }) => {
    // Since this process began.
    if (speeds.length === 0) firstEpoch = performance.now() / 1000;
    speeds.push(imagesPerSecond);
  },
  afterStep: async () => 'go on',
  checkpoint: () => {},
};
try {
  // Smooth pictures, which a network can learn within some epochs: noise would leave all losses alike.
  const pixels = Uint8Array.from({ length: count * imageSize ** 2 }, (_, at) => {
    const [image, place] = [Math.floor(at / imageSize ** 2), at % imageSize ** 2];
    return (
      128 + 100 * Math.sin(image + (place % imageSize) / 9) * Math.cos(image / 7 + place / imageSize / 11)
    );
  });
  const path = join(directory, 'pixels.u8');
  await writeFile(path, pixels);
  const images = randomStream(1, 'images').shuffle(count);
  const spec: MemberSpec = {
    recipe: recipes.member.ae,
    backbone: 'ae',
    role: 'ndm',
    seed: 1,
    epochs,
    batchSize,
    learningRate: 5e-4,
    imagesDigest: imagesDigest(pixels, imageSize, [...images]),
    imageSize,
  };
  const result = await trainMember(
    {
      kind: memberKind.kind,
      key: artifactKey(spec),
      spec,
      inputs: {},
      pixels: path,
      index: null,
      images: [...images],
      directory,
      checkpoint: null,
      threads: Number(process.env.OMP_NUM_THREADS),
      stepsACall: form.stepsACall,
      methods: [],
    },
    context,
    { residentBytes: form.resident ? Number.POSITIVE_INFINITY : 0 },
  );
  const imagesPerSecond = Math.max(...speeds);
  const figures: GpuCheckFigures = {
    gpu: backend().isUsingGpuDevice,
    losses: result?.history ?? [],
    imagesPerSecond,
    startSeconds: firstEpoch - count / imagesPerSecond,
  };
  console.log(JSON.stringify(figures));
} finally {
  await rm(directory, { recursive: true });
}
