import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { artifactKey } from '@ddad/contract';
import { createLogger } from '@ddad/platform';
import { listCheckpoints, type ObjectStore, publishArtifact, saveCheckpoint } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepTidy, type TidyDeps } from './keep-tidy.ts';

const day = 24 * 3600 * 1000;
let folder: string;
let store: ObjectStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-tidy-'));
  store = memoryStore();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A published artifact with a checkpoint that was not removed. @returns its key */
async function finished(name: string): Promise<string> {
  const spec = { name };
  const key = artifactKey(spec);
  const path = join(folder, name);
  writeFileSync(path, name);
  const work = { loss: null, seconds: 1, worker: 'w', environment: {}, files: { weights: path } };
  await publishArtifact(store, { kind: 'members', key, spec, ...work });
  await saveCheckpoint(store, 'members', key, 1, 1, path);
  return key;
}

type Line = Record<string, unknown>;

/** @returns its lines as they come */
function start(deps: Partial<TidyDeps>) {
  const lines: Line[] = [];
  let heard = () => {};
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Line);
      heard();
      done();
    },
  });
  const tidy = keepTidy({
    store,
    underWay: async () => ({ underWay: new Set<string>(), datasets: new Set<string>(), unknown: [] }),
    workedOn: () => [],
    olderThanMs: 7 * day,
    logger: createLogger('test', 'info', destination),
    firstMs: 1,
    ...deps,
  });
  const line = async (at: number) => {
    while (lines.length <= at) {
      await new Promise<void>((done) => {
        heard = done;
      });
    }
    return lines[at]!;
  };
  return { tidy, line };
}

test('removes left-overs again and again, says how many, and ends while it waits', async () => {
  const [one, other] = [await finished('one'), await finished('other')];
  const { tidy, line } = start({ intervalMs: 20 });
  expect(await line(0)).toMatchObject({
    level: 'info',
    msg: 'left-overs are removed',
    objects: 2,
    bytes: 8,
    reasons: { finished: 2 },
  });
  for (const key of [one, other]) expect(await listCheckpoints(store, 'members', key)).toEqual([]);
  await finished('third');
  let objects = 0;
  for (let at = 1; objects === 0; at += 1) objects = Number((await line(at)).objects);
  expect(objects).toBe(1);
  await tidy.close();
});

test('leaves alone what runs under way want, and what workers work on', async () => {
  const [wanted, worked, gone] = [await finished('wanted'), await finished('worked'), await finished('gone')];
  const { tidy, line } = start({
    underWay: async () => ({ underWay: new Set([wanted]), datasets: new Set<string>(), unknown: [] }),
    workedOn: () => [worked],
  });
  expect(await line(0)).toMatchObject({ objects: 1 });
  await tidy.close();
  for (const key of [wanted, worked]) expect(await listCheckpoints(store, 'members', key)).toHaveLength(1);
  expect(await listCheckpoints(store, 'members', gone)).toEqual([]);
});

test('takes ended attempts of the age that it is told', async () => {
  const path = join(folder, 'steps');
  writeFileSync(path, 'steps');
  await saveCheckpoint(store, 'members', 'b'.repeat(64), 1, 1, path);
  const aged = { ...store, now: async () => new Date((await store.now()).getTime() + 3 * day) };
  for (const [days, objects] of [
    [4, 0],
    [2, 1],
  ] as const) {
    const { tidy, line } = start({ store: aged, olderThanMs: days * day });
    expect(await line(0)).toMatchObject({ objects });
    await tidy.close();
  }
});

test('is no more than a warning where Temporal does not answer, removes nothing then, and tries again sooner', async () => {
  const key = await finished('one');
  let asked = 0;
  const { tidy, line } = start({
    async underWay() {
      asked += 1;
      if (asked === 1) throw new Error('Temporal is away');
      return { underWay: new Set(), datasets: new Set(), unknown: [] };
    },
    againMs: 1,
  });
  expect(await line(0)).toMatchObject({ level: 'warn', err: { message: 'Temporal is away' } });
  expect(await line(1)).toMatchObject({ objects: 1 });
  expect(await listCheckpoints(store, 'members', key)).toEqual([]);
  await tidy.close();
});

test('does nothing in its first minutes, and ends at once then', async () => {
  await finished('one');
  const { tidy } = start({
    firstMs: 600_000,
    underWay: () => expect.fail('asked for runs'),
  });
  await tidy.close();
});
