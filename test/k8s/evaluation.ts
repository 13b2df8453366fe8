import { resolve } from 'node:path';
import { type RunProgress, type RunResult, taskQueue, workflowType } from '@ddad/contract';
import { temporalClientOptions } from '@ddad/platform';
import { createS3Store, type ObjectStore } from '@ddad/storage';
import { Client, Connection } from '@temporalio/client';
import { type CommandResult, runProgram } from '../test-cluster.ts';
import { type Forward, kubectl, portForward, rolledOut, secret } from './kubectl.ts';
import { startFromUi } from './temporal-ui.ts';

const cli = resolve(import.meta.dirname, '../../cli/src/main.ts');
const overlay = resolve(import.meta.dirname, 'overlay');

/** overlays/evaluation on a cluster, reached as a user reaches it: by port-forward. */
export interface Evaluation {
  /** Address of Temporal's UI. */
  ui: string;
  temporal: Client;
  /** As who may do everything. */
  store: ObjectStore;
  ddad(...args: string[]): Promise<CommandResult>;
  /** Starts a run from the UI. @returns its workflow id and Temporal's run id */
  start(workflowId: string, input: object): Promise<Run>;
  close(): Promise<void>;
}

export interface Run {
  workflowId: string;
  runId: string;
  progress(): Promise<RunProgress>;
  result(): Promise<RunResult>;
}

/** Applies the manifests and waits until everything is ready. */
export async function applyEvaluation(): Promise<Evaluation> {
  await kubectl(['apply', '-k', overlay]);
  await rolledOut('statefulset/temporal', 'statefulset/nats', 'statefulset/minio');
  await rolledOut('deployment/coordinator', 'deployment/scorer', 'deployment/trainer');
  const forwards: Forward[] = [];
  const forward = async (target: string, ...ports: number[]) => {
    const forwarded = await portForward(target, ...ports);
    forwards.push(forwarded);
    return forwarded.ports;
  };
  const [temporalPort, uiPort] = await forward('service/temporal', 7233, 8233);
  const [minioPort] = await forward('service/minio', 9000);
  const ui = `http://127.0.0.1:${uiPort}`;
  const connection = await Connection.connect(
    temporalClientOptions({ address: `127.0.0.1:${temporalPort}` }),
  );
  const temporal = new Client({ connection });
  const endpoint = `http://127.0.0.1:${minioPort}`;
  const credentials = async (user: string) => ({
    accessKey: await secret(`${user}-credentials`, 'S3_ACCESS_KEY'),
    secretKey: await secret(`${user}-credentials`, 'S3_SECRET_KEY'),
  });
  const { accessKey, secretKey } = await credentials('cli');
  const env = { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey };
  return {
    ui,
    temporal,
    store: createS3Store({ endpoint, bucket: 'ddad', ...(await credentials('operator')) }),
    ddad: (...args) => runProgram(process.execPath, [cli, ...args], env),
    async start(workflowId, input) {
      const runId = await startFromUi(ui, { workflowId, workflowType, taskQueue, input });
      const handle = temporal.workflow.getHandle(workflowId, runId);
      return {
        workflowId,
        runId,
        progress: () => connection.withDeadline(Date.now() + 10_000, () => handle.query('progress')),
        result: () => handle.result() as Promise<RunResult>,
      };
    },
    async close() {
      await connection.close();
      for (const { stop } of forwards) stop();
    },
  };
}

/** Removes everything that runs made; datasets stay. */
export async function forgetArtifacts(store: ObjectStore): Promise<void> {
  const kinds = ['members', 'maps', 'kcurves', 'refiners', 'refined'].concat(
    ['dual-space', 'reduced', 'evaluations', 'pages'].map((kind) => `scored-${kind}`),
  );
  for (const prefix of [...kinds, 'checkpoints', 'reports'].map((name) => `${name}/`)) {
    const keys = (await store.list(prefix)).map(({ key }) => key);
    if (keys.length > 0) await store.remove(keys);
  }
}
