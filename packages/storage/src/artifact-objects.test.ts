import { artifactKey } from '@ddad/contract';
import { expect, test } from 'vitest';
import { artifactPrefix, checkpointPrefix } from './artifact-objects.ts';
import { saveCheckpoint } from './checkpoints.ts';
import { readIntactManifest } from './intact-manifests.ts';
import { manifestKey, publishArtifact, readManifest } from './manifests.ts';
import { memoryStore } from './memory-store.testing.ts';

const key = 'a'.repeat(64);

test('objects of an artifact lie under its kind and key', () => {
  expect(artifactPrefix('gan-generators', key)).toBe(`gan-generators/${key}/`);
  expect(manifestKey('gan-generators', key)).toBe(`gan-generators/${key}/manifest.json`);
  expect(checkpointPrefix('gan-generators', key)).toBe(`checkpoints/gan-generators/${key}/`);
});

test.each(['../members', 'Members', 'datasets', ''])(
  'no object key is made of the kind "%s"',
  async (kind) => {
    const store = memoryStore();
    const message = /^artifact kind: expected .+, got "/;
    expect(() => manifestKey(kind, key)).toThrow(message);
    await expect(readManifest(store, kind, key)).rejects.toThrow(message);
    await expect(readIntactManifest(store, kind, key)).rejects.toThrow(message);
    await expect(saveCheckpoint(store, kind, key, 1, 1, '/dev/null')).rejects.toThrow(message);
    const work = { files: {}, loss: null, seconds: 1, worker: 't', environment: {} };
    const artifact = { kind, key: artifactKey({}), spec: {}, ...work };
    await expect(publishArtifact(store, artifact)).rejects.toThrow(message);
    expect(await store.list('')).toEqual([]);
  },
);
