import type { ContentDigest } from './file-digest.ts';

/** What is known of an object without reading it. */
export interface ObjectEntry {
  key: string;
  /** In bytes. */
  size: number;
  modified: Date;
}

/**
 * Objects by key in one bucket. Every call ends within its deadline; what fails throws `StoreError`, reading a missing key its
 * subclass `ObjectNotFound`, and what this machine cannot do, as writing to a full disk, `LocalFault`.
 */
export interface ObjectStore {
  get(key: string): Promise<Buffer>;
  /** Of the object's content, which is read in pieces and not kept. */
  digest(key: string): Promise<ContentDigest>;
  /** Writes beside `path` first and renames, so that `path` is whole or absent. */
  getToFile(key: string, path: string): Promise<void>;
  put(key: string, data: Buffer | string): Promise<void>;
  putFile(key: string, path: string): Promise<void>;
  /** @returns false where the key existed already; what is stored then stays as it was. Of several at once one gets true. */
  putIfAbsent(key: string, data: Buffer | string): Promise<boolean>;
  exists(key: string): Promise<boolean>;
  /** Every object whose key starts with `prefix`, in order of keys. */
  list(prefix: string): Promise<ObjectEntry[]>;
  /** Time by the store's own clock, in whole seconds, as `modified` is. Needs the right to list the whole bucket. */
  now(): Promise<Date>;
  /** Keys that do not exist are no error. */
  remove(keys: readonly string[]): Promise<void>;
}

/** What reading single objects takes of a store. */
export type ObjectReader = Pick<ObjectStore, 'get' | 'getToFile'>;

/** A call to the object store failed. `code` is the server's or the system's: AccessDenied, ECONNREFUSED, ... */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }

  /** Whether the server said no, as to wrong credentials or rights that are missing: asking again gives the same. */
  get refused(): boolean {
    return refusals.has(this.code);
  }
}

/** A store's code for a request by a clock too far from its own. */
export const clockRefused = 'RequestTimeTooSkewed';

const refusals: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccountProblem',
  'AllAccessDisabled',
  'InvalidAccessKeyId',
  'NoSuchBucket',
  'SignatureDoesNotMatch',
]);

/** A key was read that does not exist. */
export class ObjectNotFound extends StoreError {
  override readonly name = 'ObjectNotFound';
  readonly key: string;

  constructor(key: string, cause?: unknown) {
    super(`object store: expected an object ${key}, found none`, 'NoSuchKey', cause);
    this.key = key;
  }
}
