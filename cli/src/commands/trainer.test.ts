import { mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordedScreens } from '../screens-for-tests.ts';
import { runTrainer } from './trainer.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ddad-trainer-'));
  mkdirSync(join(root, 'services/trainer/src'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const environment = {
  NATS_URL: 'nats://127.0.0.1:4222',
  S3_ENDPOINT: 'http://127.0.0.1:9000',
  S3_ACCESS_KEY: 'a',
  S3_SECRET_KEY: 's',
};

function start(program: string, signals: ((signal: NodeJS.Signals) => void)[] = []) {
  writeFileSync(join(root, 'services/trainer/src/main.ts'), program);
  const deps = {
    cluster: {
      home: join(root, '.ddad'),
      environment,
      trainerEnvironment: { ...environment, ROOT: root },
    },
    checkout: root,
    screens: recordedScreens(),
    onSignal: (handler: (signal: NodeJS.Signals) => void) => {
      signals.push(handler);
      return () => void signals.splice(signals.indexOf(handler), 1);
    },
  };
  return runTrainer(deps, { id: 'extra-1', threads: 2 });
}

it("gives the trainer the cluster's addresses, a name and scratch space, and returns its exit code", async () => {
  const { exitCode: code } = await start(`
    import { existsSync } from 'node:fs';
    const { NATS_URL, TRAINER_ID, TRAINER_THREADS, SCRATCH_DIR } = process.env;
    const right = NATS_URL === 'nats://127.0.0.1:4222' && TRAINER_ID === 'extra-1' && TRAINER_THREADS === '2';
    process.exit(right && existsSync(SCRATCH_DIR) ? 7 : 1);`);
  expect(code).toBe(7);
  expect(readdirSync(join(root, '.ddad/scratch'))).toEqual([]);
});

it('passes a signal on once and waits until the trainer has ended', async () => {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const watcher = watch(root, (_, file) => file === 'ready' && resolve());
  const signals: ((signal: NodeJS.Signals) => void)[] = [];
  const running = start(
    `
    import { writeFileSync } from 'node:fs';
    let count = 0;
    process.on('SIGINT', () => { count += 1; setTimeout(() => process.exit(10 + count), 50); });
    setInterval(() => {}, 1000);
    writeFileSync(process.env.ROOT + '/ready', '');`,
    signals,
  );
  await ready;
  watcher.close();
  signals[0]!('SIGINT');
  expect(await running).toEqual({ id: 'extra-1', exitCode: 11 });
  expect(signals).toEqual([]);
});
