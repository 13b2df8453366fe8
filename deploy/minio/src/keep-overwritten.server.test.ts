import { buffer } from 'node:stream/consumers';
import { createS3Store, ensureBucket, keepOverwritten } from '@ddad/storage';
import { type RunningStore, startMinio } from '@ddad/storage/testing';
import { Client } from 'minio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureMinioUsers } from './ensure-users.ts';

let minio: RunningStore;
beforeAll(async () => {
  minio = await startMinio();
});
afterAll(async () => {
  await minio?.close();
});

/** An entry of a bucket's listing with versions. */
interface Version {
  name: string;
  versionId: string;
  isDeleteMarker?: boolean;
}

test('what a service overwrites or removes is kept for the owner to bring back, and no service can change that', async () => {
  const owner = { ...minio.config, bucket: 'ddad-kept' };
  const { bucket } = owner;
  const secretKey = 'secret-of-them-all';
  await ensureBucket(owner);
  await keepOverwritten(owner, 7);
  const secrets = { coordinator: secretKey, trainer: secretKey, scorer: secretKey, cli: secretKey };
  await ensureMinioUsers(owner, secrets, bucket);
  const { hostname, port } = new URL(owner.endpoint);
  const place = { endPoint: hostname, port: Number(port), useSSL: false, region: 'us-east-1' };
  const asOwner = new Client({ ...place, accessKey: owner.accessKey, secretKey: owner.secretKey });
  const asTrainer = new Client({ ...place, accessKey: 'trainer', secretKey });
  const trainer = createS3Store({ ...owner, accessKey: 'trainer', secretKey });

  const manifest = `members/${'a'.repeat(64)}/manifest.json`;
  expect(await trainer.putIfAbsent(manifest, 'first')).toBe(true);
  expect(await trainer.putIfAbsent(manifest, 'second')).toBe(false);
  await trainer.put(manifest, 'overwritten');
  await trainer.remove([manifest]);
  // Gone for whoever plans with it: it can be made again.
  expect(await trainer.exists(manifest)).toBe(false);
  expect(await trainer.list('members/')).toEqual([]);
  expect(await trainer.putIfAbsent(manifest, 'third')).toBe(true);
  const checkpoint = `checkpoints/members/${'a'.repeat(64)}/1`;
  await trainer.put(checkpoint, 'one');
  await trainer.put(checkpoint, 'two');

  const versions = async (prefix: string) => {
    const listing = asOwner.listObjects(bucket, prefix, true, { IncludeVersion: true });
    const found: { versionId: string; text: string | null }[] = [];
    for await (const { name, versionId, isDeleteMarker } of listing as AsyncIterable<Version>) {
      const body = isDeleteMarker ? null : await asOwner.getObject(bucket, name, { versionId });
      found.push({ versionId, text: body && (await buffer(body)).toString() });
    }
    return found;
  };
  const kept = await versions('members/');
  // The client lists marks of removals after what they removed.
  expect(kept.map(({ text }) => text)).toEqual(['third', 'overwritten', 'first', null]);
  // Nothing of what is written all the time.
  expect((await versions('checkpoints/')).map(({ text }) => text)).toEqual(['two']);

  const { versionId } = kept.find(({ text }) => text === 'first')!;
  for (const attempt of [
    () => asTrainer.removeObject(bucket, manifest, { versionId }),
    () => asTrainer.setBucketVersioning(bucket, { Status: 'Suspended' }),
    () => asTrainer.removeBucketLifecycle(bucket),
  ])
    await expect(attempt()).rejects.toMatchObject({ code: 'AccessDenied' });
  expect(await versions('members/')).toEqual(kept);
  expect(await asOwner.getBucketLifecycle(bucket)).toMatchObject({
    Rule: { Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 7 } },
  });
});
