import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findCluster, readSettings, shapes } from './cluster.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ddad-home-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function home(...path: string[]): string {
  const directory = join(root, ...path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'cluster.env'),
    'NATS_URL=nats://127.0.0.1:4000\nNATS_USER=file\nNATS_PASSWORD=p\n',
  );
  return directory;
}
const find = (environment: Record<string, string>, cwd = root) =>
  findCluster({ environment, cwd, checkout: join(root, 'checkout') });

it('reads the nearest home upwards from the working directory', () => {
  const outer = home('.ddad');
  const inner = home('work', '.ddad');
  mkdirSync(join(root, 'work', 'deep'), { recursive: true });
  mkdirSync(join(root, 'work', 'deep', '.ddad'), { recursive: true });
  expect(find({}, join(root, 'work', 'deep')).home).toBe(inner);
  expect(find({}).home).toBe(outer);
});

it("falls back to the checkout's home, and puts DDAD_HOME before all", () => {
  expect(find({}).home).toBe(join(root, 'checkout', '.ddad'));
  const chosen = home('elsewhere');
  home('.ddad');
  const cluster = find({ DDAD_HOME: 'elsewhere' });
  expect(cluster.home).toBe(chosen);
  expect(readSettings(cluster, shapes.nats).NATS_URL).toBe('nats://127.0.0.1:4000');
});

it('lets the environment win over the file, also by a file of its own', () => {
  home('.ddad');
  writeFileSync(join(root, 'user'), 'mounted\n');
  const settings = readSettings(
    find({ NATS_URL: 'nats://elsewhere:4222', NATS_USER_FILE: join(root, 'user') }),
    shapes.nats,
  );
  expect(settings).toEqual({ NATS_URL: 'nats://elsewhere:4222', NATS_USER: 'mounted', NATS_PASSWORD: 'p' });
});

it('gives a trainer the credentials that the file has for trainers, and none of the others', () => {
  const directory = home('.ddad');
  const users = 'TRAINER_NATS_PASSWORD=tn\nTRAINER_S3_SECRET_KEY=ts\nSCORER_NATS_PASSWORD=sn\nGRPC_TOKEN=t\n';
  writeFileSync(
    join(directory, 'cluster.env'),
    `NATS_USER=cli\nNATS_PASSWORD=cn\nS3_ACCESS_KEY=cli\nS3_SECRET_KEY=cs\n${users}`,
  );
  expect(find({}).environment).toMatchObject({ NATS_USER: 'cli', NATS_PASSWORD: 'cn' });
  const own = { NATS_USER: 'trainer', NATS_PASSWORD: 'tn', S3_ACCESS_KEY: 'trainer', S3_SECRET_KEY: 'ts' };
  expect(find({}).trainerEnvironment).toEqual({ ...own, GRPC_TOKEN: 't' });
  const elsewhere = { NATS_USER: 'mine', NATS_PASSWORD_FILE: '/run/secret' };
  const { NATS_PASSWORD: _, ...rest } = own;
  expect(find(elsewhere).trainerEnvironment).toEqual({ ...rest, ...elsewhere, GRPC_TOKEN: 't' });
});

it('lists everything that is missing, and where it looked', () => {
  const read = () => readSettings(find({}), { ...shapes.temporal, ...shapes.store });
  expect(read).toThrow(/no cluster: run "make up"/);
  for (const name of ['TEMPORAL_ADDRESS', 'S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY']) {
    expect(read).toThrow(new RegExp(`${name}: expected`));
  }
  expect(read).toThrow(join(root, 'checkout', '.ddad', 'cluster.env'));
});
