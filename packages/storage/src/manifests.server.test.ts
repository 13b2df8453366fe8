import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKey } from '@ddad/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStore } from './chosen-store.testing.ts';
import { DigestMismatch, fetchFile, manifestKey, publishArtifact, readManifest } from './manifests.ts';
import { ObjectNotFound, type ObjectStore } from './object-store.ts';
import { createS3Store } from './s3-store.ts';
import type { RunningStore } from './store-server.testing.ts';
import { MalformedObject } from './stored-json.ts';

let running: RunningStore;
let store: ObjectStore;
let folder: string;

beforeAll(async () => {
  running = await startStore();
  store = createS3Store(running.config);
  folder = await mkdtemp('/tmp/ddad-manifests-');
});

afterAll(async () => {
  await running.close();
  await rm(folder, { recursive: true, force: true });
});

async function artifact(seed: number, weights: string, worker = 'trainer-a') {
  const spec = { backbone: 'ae', seed };
  const path = join(folder, createHash('sha256').update(weights).digest('hex'));
  await writeFile(path, weights);
  return {
    kind: 'members' as const,
    key: artifactKey(spec),
    spec,
    files: { weights: path },
    loss: 0.02,
    seconds: 12.5,
    worker,
    finishedAt: new Date('2026-10-01T12:00:00Z'),
    environment: { cpu: 'test', threads: 1 },
    history: [0.5, 0.02],
  };
}

describe('publishing', () => {
  test('stores files under their digest and a manifest that names them', async () => {
    const ours = await artifact(1, 'abc');
    expect(await readManifest(store, 'members', ours.key)).toBeNull();
    const { manifest, won, sameBytes } = await publishArtifact(store, ours);
    // SHA-256 of "abc" as in FIPS 180-2, appendix B.1
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect({ won, sameBytes }).toEqual({ won: true, sameBytes: true });
    expect(manifest).toEqual({
      format: 1,
      kind: 'members',
      key: ours.key,
      spec: { backbone: 'ae', seed: 1 },
      files: { weights: { object: `members/${ours.key}/${sha256}`, sha256, bytes: 3 } },
      loss: 0.02,
      seconds: 12.5,
      worker: 'trainer-a',
      finishedAt: '2026-10-01T12:00:00.000Z',
      environment: { cpu: 'test', threads: 1 },
      history: [0.5, 0.02],
    });
    expect(await readManifest(store, 'members', ours.key)).toEqual(manifest);
    const copy = join(folder, 'copy');
    await fetchFile(store, manifest, 'weights', copy);
    expect(await readFile(copy, 'utf8')).toBe('abc');
  });

  test('lets one of eight at once win, gives all the same manifest and keeps only its bytes', async () => {
    const rivals = await Promise.all(
      Array.from({ length: 8 }, (_, i) => artifact(2, `weights ${i}`, `t${i}`)),
    );
    const results = await Promise.all(rivals.map((rival) => publishArtifact(store, rival)));
    const winners = results.filter((result) => result.won);
    expect(winners).toHaveLength(1);
    for (const result of results) expect(result.manifest).toEqual(winners[0]!.manifest);
    expect(results.filter((result) => result.sameBytes)).toEqual(winners);
    const { key, files } = winners[0]!.manifest;
    const objects = (await store.list(`members/${key}/`)).map((entry) => entry.key);
    expect(objects.sort()).toEqual([files.weights!.object, `members/${key}/manifest.json`].sort());
    await fetchFile(store, winners[0]!.manifest, 'weights', join(folder, 'won'));
  });

  test('keeps what is published and says whether ours are the same bytes', async () => {
    const first = await publishArtifact(store, await artifact(3, 'first'));
    const same = await publishArtifact(store, await artifact(3, 'first', 'trainer-b'));
    expect(same).toEqual({ manifest: first.manifest, won: false, sameBytes: true });
    const other = await publishArtifact(store, await artifact(3, 'second', 'trainer-c'));
    expect(other).toEqual({ manifest: first.manifest, won: false, sameBytes: false });
    expect(await store.list(`members/${first.manifest.key}/`)).toHaveLength(2);
  });

  test('refuses a key that is not the key of the specification', async () => {
    const ours = { ...(await artifact(4, 'x')), key: artifactKey({ backbone: 'ae', seed: 5 }) };
    await expect(publishArtifact(store, ours)).rejects.toThrow(/expected the specification's own key/);
  });

  test('publishes nothing that could not be read again', async () => {
    const ours = { ...(await artifact(8, 'x')), loss: Number.NaN, history: [1, Number.POSITIVE_INFINITY] };
    const error = await publishArtifact(store, ours).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(MalformedObject);
    expect((error as Error).message).toContain('history.1: Invalid input: expected number, received null');
    expect(await store.list(`members/${ours.key}/`)).toEqual([]);
  });

  test('keeps fields of a manifest that it does not know', async () => {
    const { manifest } = await publishArtifact(store, await artifact(9, 'x'));
    const later = { ...manifest, reviewed: true, loss: null };
    await store.put(manifestKey('members', manifest.key), JSON.stringify(later));
    expect(await readManifest(store, 'members', manifest.key)).toEqual(later);
  });

  test('refuses a manifest that belongs to another key', async () => {
    const { manifest } = await publishArtifact(store, await artifact(10, 'x'));
    const stray = 'a'.repeat(64);
    await store.put(`members/${stray}/manifest.json`, JSON.stringify(manifest));
    await expect(readManifest(store, 'members', stray)).rejects.toThrow(
      `expected a manifest for members ${stray}, got one for members ${manifest.key}`,
    );
  });
});

describe('fetching a published file', () => {
  test('refuses other bytes, names what was expected and came, and leaves no file', async () => {
    const { manifest } = await publishArtifact(store, await artifact(6, 'right'));
    const file = manifest.files.weights!;
    await store.put(file.object, 'wrong!');
    const error = await fetchFile(store, manifest, 'weights', join(folder, 'bad')).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DigestMismatch);
    const actual = createHash('sha256').update('wrong!').digest('hex');
    expect(error).toMatchObject({ expected: file, actual: { sha256: actual, bytes: 6 } });
    expect((error as Error).message).toContain(`expected 5 bytes with SHA-256 ${file.sha256}`);
    expect((await readdir(folder)).filter((name) => name.startsWith('bad'))).toEqual([]);
  });

  test('says which object is gone, and which names there are', async () => {
    const { manifest } = await publishArtifact(store, await artifact(7, 'soon gone'));
    await store.remove([manifest.files.weights!.object]);
    await expect(fetchFile(store, manifest, 'weights', join(folder, 'x'))).rejects.toThrow(ObjectNotFound);
    await expect(fetchFile(store, manifest, 'wieghts', join(folder, 'x'))).rejects.toThrow(
      'expected a file of weights, got wieghts',
    );
  });
});
