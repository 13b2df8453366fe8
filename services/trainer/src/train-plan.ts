import { type Backbone, backbones, type Role } from '@ddad/contract';
import type { DatasetCache, JobPlan } from '@ddad/jobs';
import { JobError, type TrainRequest } from '@ddad/rpc';
import { artifactKey } from '@ddad/storage';
import type { MemberTask } from './member-task.ts';

const roles: readonly string[] = ['ndm', 'udm'];

/**
 * What a Train call asks for.
 * @throws JobError `invalid` with every fault of the request
 */
export function trainPlan(request: TrainRequest, cache: DatasetCache, threads: number): JobPlan {
  const { job, member, images, datasetDigest } = request;
  if (job === undefined || member === undefined) {
    throw new JobError('invalid', 'expected a job header and a member specification');
  }
  const faults: string[] = [];
  const known: readonly string[] = backbones;
  if (!known.includes(member.backbone))
    faults.push(`backbone: expected ${known.join(', ')}, got "${member.backbone}"`);
  if (!roles.includes(member.role)) faults.push(`role: expected ndm or udm, got "${member.role}"`);
  if (member.epochs < 1) faults.push(`epochs: expected at least 1, got ${member.epochs}`);
  if (member.batchSize < 2) faults.push(`batch size: expected at least 2, got ${member.batchSize}`);
  if (images.length < member.batchSize) {
    faults.push(`images: expected at least a batch of ${member.batchSize}, got ${images.length}`);
  }
  if (!(member.learningRate > 0))
    faults.push(`learning rate: expected more than 0, got ${member.learningRate}`);
  const spec = { ...member, backbone: member.backbone as Backbone, role: member.role as Role };
  const key = artifactKey(spec);
  if (key !== job.key) faults.push(`key: expected the specification's own, ${key}, got ${job.key}`);
  if (faults.length > 0) throw new JobError('invalid', faults.join('; '));
  return {
    kind: 'members',
    key,
    spec,
    async prepare(directory, checkpoint): Promise<MemberTask> {
      return { spec, pixels: await cache.pixels(datasetDigest), images, directory, checkpoint, threads };
    },
  };
}
