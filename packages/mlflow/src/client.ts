import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { MlflowAccess } from './access.ts';

/** A call to an MLflow server failed. No credential is in the message. */
export class MlflowError extends Error {
  override readonly name = 'MlflowError';
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
  /** MLflow's own, as RESOURCE_ALREADY_EXISTS; null where it named none. */
  readonly code: string | null;

  constructor(message: string, status: number | null, code: string | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.code = code;
  }
}

export interface Metric {
  key: string;
  value: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  step: number;
}
export interface Pair {
  key: string;
  value: string;
}

const infoSchema = z.object({ run_id: z.string(), status: z.string(), artifact_uri: z.string() });
/** A run as the server knows it. */
export type RunInfo = z.infer<typeof infoSchema>;

const experimentSchema = z.object({ experiment_id: z.string() });
const errorSchema = z.object({ error_code: z.string(), message: z.string() }).partial();

/** What the server takes in one call. */
const mostMetrics = 1000;
const mostPairs = 100;
/** A second more for so many bytes of a file. */
const slowestBytes = 2 ** 20;

export interface MlflowClientOptions {
  /** Of every call, in ms; a file has more time by its size. Default 30 s. */
  deadlineMs?: number;
  /** Ends the call under way, and every one after it, with its reason. */
  signal?: AbortSignal | undefined;
}

/** The calls of MLflow's REST API (2.0) that logging a run takes. Every one ends by its deadline. */
export class MlflowClient {
  readonly address: string;
  readonly #authorization: string | null;
  readonly #deadlineMs: number;
  readonly #signal: AbortSignal | undefined;

  constructor(
    { address, authorization }: MlflowAccess,
    { deadlineMs = 30_000, signal }: MlflowClientOptions = {},
  ) {
    this.address = address;
    this.#authorization = authorization;
    this.#deadlineMs = deadlineMs;
    this.#signal = signal;
  }

  /** Finds an experiment by its name, or makes it. @returns its id */
  async experiment(name: string): Promise<string> {
    try {
      const { experiment_id } = await this.#call('POST', 'experiments/create', experimentSchema, { name });
      return experiment_id;
    } catch (error) {
      if (!(error instanceof MlflowError) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
      const path = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
      const found = await this.#call('GET', path, z.object({ experiment: experimentSchema }));
      return found.experiment.experiment_id;
    }
  }

  /** The run of an experiment that has a tag of this value; null where there is none. */
  async findRun(experiment: string, tag: Pair): Promise<RunInfo | null> {
    const schema = z.object({ runs: z.array(z.object({ info: infoSchema })).default([]) });
    const filter = `tags.\`${tag.key}\` = '${tag.value}'`;
    const body = { experiment_ids: [experiment], filter, max_results: 1 };
    const { runs } = await this.#call('POST', 'runs/search', schema, body);
    return runs[0]?.info ?? null;
  }

  async createRun(
    experiment: string,
    run: { name: string; startTime: number; tags: readonly Pair[] },
  ): Promise<RunInfo> {
    const schema = z.object({ run: z.object({ info: infoSchema }) });
    const body = {
      experiment_id: experiment,
      run_name: run.name,
      start_time: run.startTime,
      tags: run.tags,
    };
    return (await this.#call('POST', 'runs/create', schema, body)).run.info;
  }

  /** Doing it again with the same values changes nothing. */
  async log(
    run: string,
    metrics: readonly Metric[],
    params: readonly Pair[],
    tags: readonly Pair[],
  ): Promise<void> {
    const parts = [
      ...piecesOf(params, mostPairs).map((some) => ({ params: some })),
      ...piecesOf(tags, mostPairs).map((some) => ({ tags: some })),
      ...piecesOf(metrics, mostMetrics).map((some) => ({ metrics: some })),
    ];
    for (const part of parts)
      await this.#call('POST', 'runs/log-batch', z.unknown(), { run_id: run, ...part });
  }

  /** @param endTime milliseconds since 1970 */
  async endRun(run: string, status: 'FINISHED' | 'FAILED', endTime: number): Promise<void> {
    await this.#call('POST', 'runs/update', z.unknown(), { run_id: run, status, end_time: endTime });
  }

  /** Paths of the files that a run has in a folder, from its root. @param folder empty: the root itself */
  async listArtifacts(run: string, folder: string): Promise<string[]> {
    const schema = z.object({ files: z.array(z.object({ path: z.string() })).default([]) });
    const at = folder === '' ? '' : `&path=${encodeURIComponent(folder)}`;
    const { files } = await this.#call('GET', `artifacts/list?run_id=${run}${at}`, schema);
    return files.map(({ path }) => path);
  }

  /**
   * Uploads a file of a run through the server itself, which keeps artifacts for its clients (`--serve-artifacts`).
   * @param path within the run: `figures/roc.svg`
   * @param content of the file, or the path of one
   * @throws MlflowError where the server keeps artifacts elsewhere
   */
  async putArtifact(
    { artifact_uri }: Pick<RunInfo, 'artifact_uri'>,
    path: string,
    content: string | Buffer | { file: string },
  ): Promise<void> {
    // mlflow-artifacts:/1/RUN/artifacts, or with the server's own authority.
    const place = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(artifact_uri)?.[1];
    if (place === undefined) {
      const scheme = artifact_uri.split(':', 1)[0];
      throw new MlflowError(
        `expected a server that keeps artifacts for its clients (mlflow server --serve-artifacts), got artifacts at ${scheme}:`,
        null,
        null,
      );
    }
    const isFile = typeof content === 'object' && 'file' in content;
    const body = isFile
      ? await openAsBlob(content.file)
      : typeof content === 'string'
        ? content
        : new Uint8Array(content);
    const bytes = isFile ? (await stat(content.file)).size : content.length;
    const target = [...place.split('/'), ...path.split('/')].map(encodeURIComponent).join('/');
    await this.#request(
      'PUT',
      `api/2.0/mlflow-artifacts/artifacts/${target}`,
      body,
      this.#deadlineMs + Math.ceil((1000 * bytes) / slowestBytes),
    );
  }

  async #call<Schema extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<z.output<Schema>> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.#request(method, `api/2.0/mlflow/${path}`, text, this.#deadlineMs);
    const parsed = schema.safeParse(parseJson(answer));
    if (parsed.success) return parsed.data;
    const came = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new MlflowError(
      `${this.#named(path)}: expected the answer of an MLflow server, got another: ${came}`,
      null,
      null,
    );
  }

  async #request(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | Blob | undefined,
    deadlineMs: number,
  ): Promise<string> {
    const headers = {
      ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
      ...(body instanceof Uint8Array || body instanceof Blob
        ? { 'content-type': 'application/octet-stream' }
        : {}),
      ...(this.#authorization === null ? {} : { authorization: this.#authorization }),
    };
    let response: Response;
    let text: string;
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      response = await fetch(`${this.address}/${path}`, {
        method,
        headers,
        // A redirection would carry the credentials elsewhere.
        redirect: 'error',
        signal: this.#signal === undefined ? deadline : AbortSignal.any([this.#signal, deadline]),
        ...(body === undefined ? {} : { body }),
      });
      text = await response.text();
    } catch (cause) {
      this.#signal?.throwIfAborted();
      throw new MlflowError(`${this.#named(path)}: no answer: ${reasonOf(cause)}`, null, null, cause);
    }
    if (response.ok) return text;
    const { error_code: code, message } = errorSchema.safeParse(parseJson(text)).data ?? {};
    const said = code === undefined ? '' : `: ${code}: ${String(message).slice(0, 300)}`;
    throw new MlflowError(
      `${this.#named(path)}: HTTP ${response.status}${said}`,
      response.status,
      code ?? null,
    );
  }

  #named(path: string): string {
    return `MLflow at ${this.address}, ${path.replace(/^api\/2\.0\//, '').replace(/\?.*$/, '')}`;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Said by whoever expects more than that.
    return null;
  }
}

/** What lies below a `fetch failed`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'the deadline passed';
  // Of several addresses that were tried there is a code alone.
  const { cause } = error;
  return cause instanceof Error
    ? cause.message || String('code' in cause ? cause.code : cause.name)
    : error.message;
}

function piecesOf<T>(values: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / most) }, (_, piece) =>
    values.slice(piece * most, (piece + 1) * most),
  );
}
