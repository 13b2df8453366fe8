import {
  parseHostPort,
  type WorkerEntry,
  workerEntryBytes,
  workerEntrySchema,
  workerKey,
} from '@ddad/contract';
import { isListed } from './host-list.ts';
import type { Logger } from './logger.ts';

/** What a watch or a listing brings of one key of the bucket. */
export interface EntryMessage {
  key: string;
  revision: number;
  /** JSON of the entry; null where it was deleted or has expired. */
  value: Uint8Array | null;
}

interface Known {
  /** Null where the entry was deleted, has expired or is no worker's. */
  entry: WorkerEntry | null;
  revision: number;
  /** When this revision was first seen, in ms of the caller's clock. */
  seenAt: number;
  /** It was no worker's entry, and somebody was told. */
  refused: boolean;
}

/** Keys to remember at most: whoever may write the bucket may write many. */
export const mostKnown = 2048;

/** Length at which a key is cut off in the log. */
const shownKey = 120;

/** What is known of the bucket's entries, whoever wrote them. */
export class KnownWorkers {
  readonly #logger: Logger;
  readonly #hosts: string;
  readonly #known = new Map<string, Known>();
  #ignored = 0;
  #overflowed = false;

  /** @param hosts which hosts may be announced, as `isListed` reads it; all unless given */
  constructor(logger: Logger, hosts = '*') {
    this.#logger = logger;
    this.#hosts = hosts;
  }

  /** Entries that count, in order of their keys: the pool, then the id. */
  get entries(): WorkerEntry[] {
    return [...this.#known.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { entry }]) => entry ?? []);
  }

  /** Keys that are remembered, those of deleted and refused entries among them. */
  get size(): number {
    return this.#known.size;
  }

  /** The newest revision that was learned; 0 for none. */
  get newest(): number {
    let newest = 0;
    for (const { revision } of this.#known.values()) newest = Math.max(newest, revision);
    return newest;
  }

  /** Takes a message, unless what is known is as new: watch and listing overlap. @param now ms, only forward */
  learn({ key, revision, value }: EntryMessage, now: number): void {
    const before = this.#known.get(key);
    if (before !== undefined && before.revision >= revision) return;
    if (before === undefined && this.#known.size >= mostKnown) {
      if (!this.#overflowed)
        this.#logger.warn({ most: mostKnown }, 'too many workers: further ones are ignored');
      this.#overflowed = true;
      return;
    }
    const read = value === null ? null : readEntry(key, value, this.#hosts);
    const refused = typeof read === 'string';
    if (refused && before?.refused !== true) {
      this.#ignored += 1;
      const shown = key.length > shownKey ? `${key.slice(0, shownKey)}...` : key;
      this.#logger.warn(
        { key: shown, reason: read, ignored: this.#ignored },
        "ignored an entry that is no worker's",
      );
    }
    this.#known.set(key, { entry: refused ? null : read, revision, seenAt: now, refused });
  }

  /** Forgets everything: revisions have started again. */
  clear(): void {
    this.#known.clear();
  }

  /**
   * After a listing: forgets what is not there any more, and takes no account of what was not refreshed for too long.
   * @param present keys that were listed
   * @param newestBefore `newest` before the listing: what came later need not be in it
   */
  settle(present: ReadonlySet<string>, newestBefore: number, now: number, ttlMs: number): void {
    for (const [key, one] of this.#known) {
      if (!present.has(key) && one.revision <= newestBefore) this.#known.delete(key);
      // Where the bucket is one that keeps entries for longer, or for ever.
      else if (now - one.seenAt > ttlMs) one.entry = null;
    }
    if (this.#known.size < mostKnown) this.#overflowed = false;
  }
}

/** @returns the entry, or why it is none: never anything that its writer chose */
function readEntry(key: string, value: Uint8Array, hosts: string): WorkerEntry | string {
  if (value.byteLength > workerEntryBytes)
    return `expected at most ${workerEntryBytes} bytes, got ${value.byteLength}`;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(value));
  } catch {
    return 'expected JSON, got something else';
  }
  const parsed = workerEntrySchema.safeParse(json);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  }
  // Users of NATS may write under some keys only: an entry counts under its own.
  if (workerKey(parsed.data) !== key) return 'expected an entry under its own pool and id';
  const place = parseHostPort(parsed.data.address);
  // It would be dialled, and shown the cluster's token.
  if (place === null || !isListed(hosts, place)) return `expected an address of ${hosts}`;
  return parsed.data;
}
