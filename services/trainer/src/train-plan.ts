import { type Backbone, backbones, imageSizes, type Role, recipes } from '@ddad/contract';
import { type DatasetCache, type JobPlan, RequestFaults } from '@ddad/jobs';
import { JobError, type TrainRequest } from '@ddad/rpc';
import { artifactKey } from '@ddad/storage';
import type { MemberTask } from './member-task.ts';

const roles: readonly string[] = ['ndm', 'udm'];
const knownBackbones: readonly string[] = backbones;
const knownSizes: readonly number[] = imageSizes;

export interface TrainPlanDeps {
  cache: DatasetCache;
  /** Intra-op threads of a training process. */
  threads: number;
  /** Steps a call; undefined leaves them to the device. */
  stepsACall?: number | undefined;
}

/**
 * What a Train call asks for.
 * @throws JobError `invalid` with every fault of the request
 */
export function trainPlan(request: TrainRequest, { cache, threads, stepsACall }: TrainPlanDeps): JobPlan {
  const { job, member, images, datasetDigest } = request;
  if (job === undefined || member === undefined) {
    throw new JobError('invalid', 'expected a job header and a member specification');
  }
  const faults = new RequestFaults();
  const { precision, dropout, ...others } = member;
  const { recipe, backbone, role, seed, epochs, batchSize, learningRate } = others;
  // Another version would give other bytes under the key of the one that was asked for.
  faults.expect(recipe === recipes.member, 'recipe', `this trainer's, ${recipes.member}`, recipe);
  faults.expect(knownBackbones.includes(backbone), 'backbone', knownBackbones.join(', '), `"${backbone}"`);
  faults.expect(roles.includes(role), 'role', 'ndm or udm', `"${role}"`);
  faults.expect(seed < 2 ** 48, 'seed', 'less than 2^48', seed);
  faults.expect(epochs >= 1, 'epochs', 'at least 1', epochs);
  faults.expect(batchSize >= 2, 'batch size', 'at least 2', batchSize);
  faults.expect(images.length >= batchSize, 'images', `at least a batch of ${batchSize}`, images.length);
  const trainable = learningRate > 0 && learningRate <= 1;
  faults.expect(trainable, 'learning rate', 'more than 0 and at most 1', learningRate);
  faults.expect(knownSizes.includes(member.imageSize), 'image size', knownSizes.join(', '), member.imageSize);
  faults.dropoutRate('dropout', dropout);
  faults.digest('images digest', member.imagesDigest);
  faults.digest('dataset digest', datasetDigest);
  const spec = {
    ...others,
    backbone: backbone as Backbone,
    role: role as Role,
    ...faults.precision(precision),
    ...(dropout === undefined ? {} : { dropout }),
  };
  // JSON, and with it a key, knows no NaN.
  if (![learningRate, dropout ?? 0].every(Number.isFinite)) faults.throwIfAny();
  const key = artifactKey(spec);
  faults.expect(key === job.key, 'key', `the specification's own, ${key}`, `"${job.key}"`);
  faults.throwIfAny();
  return {
    kind: 'members',
    key,
    spec,
    async prepare(directory, checkpoint): Promise<MemberTask> {
      return {
        spec,
        pixels: await cache.pixels(datasetDigest),
        images,
        directory,
        checkpoint,
        threads,
        stepsACall,
      };
    },
  };
}
