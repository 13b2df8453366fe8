import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { hostname } from 'node:os';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientOptions } from 'minio';
import { differenceOf, duration, mostDifferenceMs, toSecond } from './clock-difference.ts';
import { streamDigest } from './file-digest.ts';
import { LocalFault, localFault } from './local-fault.ts';
import {
  clockRefused,
  type ObjectEntry,
  ObjectNotFound,
  type ObjectStore,
  StoreError,
} from './object-store.ts';

/** How to reach a bucket of an S3 store. */
export interface S3Config {
  /** http://host:port or https://host[:port] */
  endpoint: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
  region?: string;
  /** URL of the HTTP proxy through which it is reached; absent: directly, whatever the environment says. */
  proxy?: string;
  /** Time that a call may take, in milliseconds, beside a second for each MiB it carries. Default 30 s. */
  deadlineMs?: number;
  /** How often a request is made again that the store is not ready to serve. Default 3. */
  retries?: number;
}

/** What a call gets: a client bound to the call's deadline, and a way to claim time for the bytes it carries. */
interface Call {
  client: Client;
  signal: AbortSignal;
  carry(bytes: number): void;
  /** Header `Date` of the answer that came last; null where it had none. */
  answeredAt(): Date | null;
}

const msPerByte = 1000 / (1024 * 1024);
/** Objects in one answer to a listing, and about how many bytes of it each takes. */
const pageEntries = 1000;
const entryBytes = 1024;

/**
 * An object store on any S3 server, by plain S3 calls.
 * @throws StoreError (from the calls) after the deadline, on wrong credentials, where nothing answers.
 */
export function createS3Store(config: S3Config): ObjectStore {
  const { bucket } = config;
  const call = caller(config);

  return {
    get: (key) =>
      call(`get ${key}`, key, async ({ client, carry }) => {
        return readWhole(await open(client, bucket, key, carry));
      }),

    digest: (key) =>
      call(`get ${key}`, key, async ({ client, carry }) => {
        return streamDigest(await open(client, bucket, key, carry));
      }),

    getToFile: (key, path) =>
      call(`get ${key}`, key, async ({ client, carry, signal }) => {
        const body = await open(client, bucket, key, carry);
        const part = `${path}.${randomUUID()}.part`;
        try {
          await pipeline(body, createWriteStream(part), { signal });
          await rename(part, path);
        } catch (error) {
          throw localFault(error, `get ${key}`, path) ?? error;
        } finally {
          await rm(part, { force: true });
        }
      }),

    put: (key, data) =>
      call(`put ${key}`, key, async ({ client, carry }) => {
        const bytes = Buffer.from(data);
        carry(bytes.length);
        await client.putObject(bucket, key, bytes, bytes.length);
      }),

    putFile: (key, path) =>
      call(`put ${key}`, key, async ({ client, carry }) => {
        try {
          carry((await stat(path)).size);
          await client.fPutObject(bucket, key, path, {});
        } catch (error) {
          throw localFault(error, `put ${key}`, path) ?? error;
        }
      }),

    putIfAbsent: (key, data) =>
      call(`put ${key}`, key, async ({ client, carry, signal }) => {
        const bytes = Buffer.from(data);
        carry(bytes.length);
        for (let tries = 1; ; tries += 1) {
          try {
            await client.putObject(bucket, key, bytes, bytes.length, { 'If-None-Match': '*' });
            return true;
          } catch (error) {
            const code = codeOf(error);
            if (code === 'PreconditionFailed') return false;
            // Another write or removal of the key was under way, and nothing is decided: the call's deadline ends this.
            if (code !== 'ConditionalRequestConflict') throw error;
          }
          await delay(Math.random() * Math.min(1000, 50 * 2 ** tries), undefined, { signal });
        }
      }),

    exists: (key) =>
      call(`look up ${key}`, key, async ({ client }) => {
        try {
          await client.statObject(bucket, key);
          return true;
        } catch (error) {
          if (isMissingKey(error)) return false;
          throw error;
        }
      }),

    list: (prefix) =>
      call(`list ${prefix}`, prefix, async ({ client, carry }) => {
        const entries: ObjectEntry[] = [];
        for await (const item of client.listObjectsV2(bucket, prefix, true)) {
          // A listing without delimiter holds objects only, no common prefixes.
          const { name, size, lastModified } = item as unknown as {
            name: string;
            size: number;
            lastModified: Date;
          };
          entries.push({ key: name, size, modified: lastModified });
          if (entries.length % pageEntries === 0) carry(entries.length * entryBytes);
        }
        return entries;
      }),

    now: () =>
      call('ask for the time', bucket, async ({ client, answeredAt }) => {
        await client.bucketExists(bucket);
        const time = answeredAt();
        if (time !== null) return time;
        throw Object.assign(new Error('expected an answer with a header Date, got none'), { code: 'NoDate' });
      }),

    remove: async (keys) => {
      if (keys.length === 0) return;
      await call(`remove ${keys.length} objects`, keys[0]!, async ({ client }) => {
        const failed = await client.removeObjects(bucket, [...keys]);
        const first = failed.find((entry) => entry?.Error)?.Error ?? failed[0];
        if (first !== undefined) {
          throw Object.assign(new Error(`${failed.length} of ${keys.length} not removed`), {
            code: String((first as { Code?: unknown }).Code ?? 'RemoveFailed'),
          });
        }
      });
    },
  };
}

/** Creates the bucket where it does not exist; safe when several do so at once. */
export async function ensureBucket(config: S3Config): Promise<void> {
  await caller(config)(`create bucket ${config.bucket}`, config.bucket, async ({ client }) => {
    if (await client.bucketExists(config.bucket)) return;
    try {
      await client.makeBucket(config.bucket, config.region ?? defaultRegion);
    } catch (error) {
      if (codeOf(error) !== 'BucketAlreadyOwnedByYou') throw error;
    }
  });
}

/** What the client takes as the rules of a bucket. */
type LifecycleConfig = Parameters<Client['setBucketLifecycle']>[1];

/** Below these everything is written anew all the time, and nothing is missed. */
const fleeting = ['checkpoints/', 'probes/'];

/**
 * Keeps what is overwritten or removed in the bucket for some days, for its owner to bring back: a policy cannot tell a PUT of
 * what is there from one of what is new, so that who may publish may overwrite. Only the bucket's owner, none of its users,
 * may remove what is kept or end this. @throws where the store has no versions
 */
export async function keepOverwritten(config: S3Config, days: number): Promise<void> {
  await caller(config)(`keep versions in bucket ${config.bucket}`, config.bucket, async ({ client }) => {
    const versioning = {
      Status: 'Enabled' as const,
      // MinIO's own: S3 has no such exception, and keeps checkpoints as long as the rest.
      ExcludedPrefixes: fleeting.map((prefix) => ({ Prefix: `${prefix}*` })),
    };
    await client.setBucketVersioning(config.bucket, versioning);
    const rule = {
      ID: 'forget-overwritten',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      NoncurrentVersionExpiration: { NoncurrentDays: days },
      // What is left of a removal once nothing is kept below it.
      Expiration: { ExpiredObjectDeleteMarker: true },
    };
    // The client's types know an expiry after days only.
    await client.setBucketLifecycle(config.bucket, { Rule: [rule] } as unknown as LifecycleConfig);
  });
}

// Without one the client asks the server for the bucket's region before its first call.
const defaultRegion = 'us-east-1';

function caller(config: S3Config) {
  const endpoint = parseEndpoint(config.endpoint);
  const deadlineMs = config.deadlineMs ?? 30_000;
  const { Agent } = endpoint.useSSL ? https : http;
  const { proxy } = config;
  const place =
    proxy === undefined ? config.endpoint : `${config.endpoint} (through the proxy ${new URL(proxy).host})`;
  // Like Node's own, which would read the environment if it is told so.
  const agent = new Agent({
    keepAlive: true,
    scheduling: 'lifo',
    timeout: 5_000,
    ...(proxy === undefined ? {} : { proxyEnv: { http_proxy: proxy, https_proxy: proxy } }),
  });

  return async function call<T>(doing: string, key: string, work: (call: Call) => Promise<T>): Promise<T> {
    const started = performance.now();
    const controller = new AbortController();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const arm = (ms: number) =>
      setTimeout(
        () => {
          const error = new StoreError(
            `object store at ${place}: could not ${doing}: no answer within ${Math.round(ms)} ms`,
            'DeadlineExceeded',
          );
          controller.abort(error);
          reject(error);
        },
        ms - (performance.now() - started),
      );
    let timer = arm(deadlineMs);

    // The client knows no deadline; a transport of its own for each call hands every request the call's signal.
    let date: string | undefined;
    const request = (options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) =>
      (endpoint.useSSL ? https : http).request(
        { ...options, agent, signal: controller.signal },
        (response) => {
          date = response.headers.date;
          onResponse(response);
        },
      );
    const client = new Client({
      ...endpoint,
      accessKey: config.accessKey,
      secretKey: config.secretKey,
      region: config.region ?? defaultRegion,
      transport: { request: request as typeof http.request },
      retryOptions: {
        disableRetry: config.retries === 0,
        maximumRetryCount: config.retries ?? 3,
        baseDelayMs: 200,
        maximumDelayMs: 2000,
      },
    });
    try {
      const done = work({
        client,
        signal: controller.signal,
        carry(bytes) {
          clearTimeout(timer);
          timer = arm(deadlineMs + bytes * msPerByte);
        },
        answeredAt() {
          const time = Date.parse(date ?? '');
          return Number.isNaN(time) ? null : new Date(time);
        },
      });
      return await Promise.race([done, late]);
    } catch (error) {
      if (error instanceof StoreError || error instanceof LocalFault) throw error;
      if (isMissingKey(error)) throw new ObjectNotFound(key, error);
      const local = localFault(error, doing);
      if (local !== null) throw local;
      const clock = clockFault(error, Date.parse(date ?? ''));
      const code = clock === null ? codeOf(error) : clockRefused;
      const own = error instanceof Error && error.message !== '' ? `${error.message} (${code})` : code;
      throw new StoreError(
        `object store at ${place}: could not ${doing} in bucket ${config.bucket}: ${clock ?? own}`,
        code,
        error,
      );
    } finally {
      clearTimeout(timer);
      // Frees the connection of a response that was not read to its end.
      controller.abort();
    }
  };
}

async function open(
  client: Client,
  bucket: string,
  key: string,
  carry: (bytes: number) => void,
): Promise<Readable> {
  const body = await client.getObject(bucket, key);
  carry(Number((body as http.IncomingMessage).headers['content-length'] ?? 0));
  return body;
}

/** An answer's body; where the server tells its length, it is never in memory twice. */
async function readWhole(body: Readable): Promise<Buffer> {
  const told = (body as http.IncomingMessage).headers['content-length'];
  if (told === undefined) return Buffer.concat(await body.toArray());
  const whole = Buffer.allocUnsafe(Number(told));
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) length += chunk.copy(whole, length);
  return whole.subarray(0, length);
}

function parseEndpoint(endpoint: string): Pick<ClientOptions, 'endPoint' | 'port' | 'useSSL'> & object {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username !== '') {
    throw new TypeError(`S3 endpoint: expected http://host:port or https://host:port, got ${endpoint}`);
  }
  const useSSL = url.protocol === 'https:';
  const port = url.port === '' ? (useSSL ? 443 : 80) : Number(url.port);
  return { endPoint: url.hostname, port, useSSL };
}

/**
 * Whose clock a store's refusal is about.
 * @param theirs time by the store's clock, NaN where its answer had none
 * @returns null where it refused for something else
 */
function clockFault(error: unknown, theirs: number): string | null {
  const ours = Date.now();
  const code = codeOf(error);
  // The answer to a HEAD has no body to name its code: the client takes every refusal for missing rights.
  const hidden = code === 'AccessDenied' && Math.abs(ours - theirs) > mostDifferenceMs;
  if (code !== clockRefused && !hidden) return null;
  const most = `expected at most ${duration(mostDifferenceMs)} between them (${clockRefused})`;
  if (Number.isNaN(theirs))
    return `the clock of this machine, ${hostname()}, and the store's differ; ${most}`;
  return (
    `the clock of this machine, ${hostname()}, is ${differenceOf(ours, theirs)} the store's ` +
    `(${toSecond(ours)} here, ${toSecond(theirs)} there); ${most}`
  );
}

function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return 'Unknown';
}

/** A HEAD answer has no body to name its code, so the client says NotFound there. */
function isMissingKey(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'NoSuchKey' || code === 'NotFound';
}
