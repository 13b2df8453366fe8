import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { temporalClientOptions } from '@ddad/platform';
import { createS3Store, type ObjectStore } from '@ddad/storage';
import { Client, Connection } from '@temporalio/client';
import {
  bareEnvironment,
  startService,
  startTestServers,
  type TestServers,
  type TestService,
} from './servers/index.ts';

const cli = resolve(import.meta.dirname, '../cli/src/main.ts');

/** What a command line call gave. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Servers, coordinator, scorer and two trainers as real processes, and what a user has to reach them. */
export interface TestCluster {
  servers: TestServers;
  env: Record<string, string>;
  store: ObjectStore;
  temporal: Client;
  trainers: TestService[];
  coordinator: TestService;
  scorer: TestService;
  /** Runs `ddad` with these arguments. */
  ddad(...args: string[]): Promise<CommandResult>;
  /** Starts one more trainer. */
  addTrainer(id: string): Promise<TestService>;
  stop(): Promise<void>;
}

async function finished(child: ChildProcess): Promise<CommandResult> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout, stderr };
}

/** Runs a program to its end. */
export function runProgram(
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<CommandResult> {
  const all = { ...bareEnvironment(), DDAD_AUDIT_LOG: 'off', ...env };
  return finished(spawn(program, args, { env: all, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Starts a run from Temporal's own command line. @param input what says its input: `--input JSON` or `--input-file PATH` */
export function startByTemporal(
  address: string,
  workflowId: string,
  ...input: string[]
): Promise<CommandResult> {
  const start = ['workflow', 'start', '--type', 'trainEnsemble', '--task-queue', 'ddad'];
  return runProgram('temporal', [...start, '--workflow-id', workflowId, ...input], {
    TEMPORAL_ADDRESS: address,
  });
}

/** Runs `ddad` with these arguments in an environment that says where the cluster is. */
export function runDdad(args: string[], env: Record<string, string>): Promise<CommandResult> {
  return runProgram(process.execPath, [cli, ...args], env);
}

/** @param options identifiers of the trainers, and further environment of all services */
export async function startTestCluster({
  trainers: ids = ['one', 'two'],
  env: more = {},
}: {
  trainers?: string[];
  env?: Record<string, string>;
} = {}): Promise<TestCluster> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const servers = await startTestServers();
    closers.push(servers.stop);
    const env: Record<string, string> = { ...servers.env, ...more };
    const trainers: TestService[] = [];
    const addTrainer = async (id: string) => {
      const trainer = await startService('trainer', { ...env, TRAINER_ID: id });
      trainers.push(trainer);
      closers.push(() => trainer.stop());
      return trainer;
    };
    const scorer = await startService('scorer', env);
    closers.push(() => scorer.stop());
    await Promise.all(ids.map(addTrainer));
    const coordinator = await startService('coordinator', env);
    closers.push(() => coordinator.stop());
    const { address } = servers.temporal;
    const options = temporalClientOptions({ address });
    const connection = await Connection.connect({ ...options, connectTimeout: 10_000 });
    closers.push(() => connection.close());
    return {
      servers,
      env,
      store: createS3Store(servers.s3),
      temporal: new Client({ connection }),
      trainers,
      coordinator,
      scorer,
      ddad: (...args) => runDdad(args, env),
      addTrainer,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
