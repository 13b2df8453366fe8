import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metric, Pair } from './client.ts';

/** A run as the server keeps it. */
export interface KeptRun {
  id: string;
  experiment: string;
  name: string;
  status: string;
  tags: Record<string, string>;
  params: Record<string, string>;
  metrics: Record<string, number>;
  /** By path. */
  artifacts: Map<string, Buffer>;
}

/**
 * The part of MLflow's REST API that logging takes, in memory, as mlflow 3.17 answers. A long test holds the client against the
 * real one.
 */
export interface MlflowTestServer {
  address: string;
  /** Names of experiments, by their ids less 1. */
  experiments: string[];
  runs: KeptRun[];
  /** Paths of which uploads fail. */
  refused: Set<string>;
  close(): Promise<void>;
}

export async function startMlflowTestServer(): Promise<MlflowTestServer> {
  const experiments: string[] = [];
  const runs: KeptRun[] = [];
  const refused = new Set<string>();
  const infoOf = ({ id, experiment, status }: KeptRun) => ({
    run_id: id,
    status,
    artifact_uri: `mlflow-artifacts:/${experiment}/${id}/artifacts`,
  });
  const runOf = (id: unknown): KeptRun => {
    const found = runs.find((run) => run.id === id);
    if (found === undefined) throw new Error(`no run ${String(id)}`);
    return found;
  };
  const pairs = (list: readonly Pair[] = []) =>
    Object.fromEntries(list.map(({ key, value }) => [key, value]));

  type Body = Record<string, unknown>;
  const calls: Record<string, (body: Body, query: URLSearchParams) => object | null> = {
    'experiments/create': ({ name }) => {
      if (experiments.includes(String(name))) return null;
      return { experiment_id: String(experiments.push(String(name))) };
    },
    'experiments/get-by-name': (_body, query) => ({
      experiment: { experiment_id: String(experiments.indexOf(query.get('experiment_name') ?? '') + 1) },
    }),
    'runs/search': ({ experiment_ids: ids, filter }) => {
      const [, key = '', value] = /^tags\.`(.*)` = '(.*)'$/.exec(String(filter)) ?? [];
      const found = runs.filter(
        ({ experiment, tags }) => (ids as string[]).includes(experiment) && tags[key] === value,
      );
      return found.length === 0 ? {} : { runs: found.map((run) => ({ info: infoOf(run) })) };
    },
    'runs/create': ({ experiment_id: experiment, run_name: name, tags }) => {
      const run: KeptRun = {
        id: `run${runs.length + 1}`,
        experiment: String(experiment),
        name: String(name),
        status: 'RUNNING',
        tags: pairs(tags as Pair[]),
        params: {},
        metrics: {},
        artifacts: new Map(),
      };
      runs.push(run);
      return { run: { info: infoOf(run) } };
    },
    'runs/log-batch': ({ run_id: id, metrics = [], params, tags }) => {
      const run = runOf(id);
      Object.assign(run.params, pairs(params as Pair[]));
      Object.assign(run.tags, pairs(tags as Pair[]));
      for (const { key, value } of metrics as Metric[]) run.metrics[key] = value;
      return {};
    },
    'runs/update': ({ run_id: id, status }) => {
      runOf(id).status = String(status);
      return {};
    },
    'artifacts/list': (_body, query) => {
      const folder = query.get('path') ?? '';
      const below = folder === '' ? '' : `${folder}/`;
      const inside = [...runOf(query.get('run_id')).artifacts.keys()].filter((path) =>
        path.startsWith(below),
      );
      const paths = new Set(inside.map((path) => below + path.slice(below.length).split('/', 1)[0]));
      return paths.size === 0 ? {} : { files: [...paths].map((path) => ({ path })) };
    },
  };

  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const content = Buffer.concat(parts);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const fail = (code: string) => {
      response.statusCode = 400;
      response.end(JSON.stringify({ error_code: code, message: pathname }));
    };
    const upload = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/\d+\/(\w+)\/artifacts\/(.*)$/.exec(pathname);
    if (request.method === 'PUT' && upload !== null) {
      const path = decodeURIComponent(upload[2]!);
      if (refused.has(path)) return fail('INTERNAL_ERROR');
      runOf(upload[1]).artifacts.set(path, content);
      return void response.end('{}');
    }
    const call = calls[pathname.replace('/api/2.0/mlflow/', '')];
    if (call === undefined) return fail('ENDPOINT_NOT_FOUND');
    const answer = call(content.length === 0 ? {} : (JSON.parse(content.toString()) as Body), searchParams);
    if (answer === null) return fail('RESOURCE_ALREADY_EXISTS');
    response.end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    experiments,
    runs,
    refused,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
