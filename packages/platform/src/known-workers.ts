import {
  parseHostPort,
  type WorkerEntry,
  workerEntryBytes,
  workerEntrySchema,
  workerKey,
} from '@ddad/contract';
import { openSeal } from './entry-seal.ts';
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
  /** The last entry that counted; null where it was deleted, has expired, or none ever did. */
  entry: WorkerEntry | null;
  /** The process that wrote it, and its place among what that wrote. */
  signer: string | null;
  order: number;
  revision: number;
  /** When this entry was first seen, in ms of the caller's clock. */
  seenAt: number;
  /** What came last was refused, and somebody was told. */
  refused: boolean;
}

/** Keys to remember at most: whoever may write the bucket may write many. */
export const mostKnown = 2048;

/** Length at which a key is cut off in the log. */
const shownKey = 120;

export interface KnownOptions {
  /** Hosts that may be announced, as `isListed` reads it; all unless given. */
  hosts?: string | undefined;
  /** The cluster's token, which writers of entries prove that they have; not asked for unless given. */
  token?: string | undefined;
  /** How long an entry counts that is not refreshed, in ms. */
  ttlMs: number;
}

/**
 * What is known of the bucket's entries, whoever wrote them. While a worker keeps its entry fresh, no other process can
 * write or delete it, though NATS would let it.
 */
export class KnownWorkers {
  readonly #logger: Logger;
  readonly #hosts: string;
  readonly #token: string | undefined;
  readonly #ttlMs: number;
  readonly #known = new Map<string, Known>();
  #ignored = 0;
  #overflowed = false;

  constructor(logger: Logger, { hosts = '*', token, ttlMs }: KnownOptions) {
    this.#logger = logger;
    this.#hosts = hosts;
    this.#token = token;
    this.#ttlMs = ttlMs;
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
    const last = before ?? { entry: null, signer: null, order: 0, seenAt: now, refused: false };
    if (value === null) {
      // Who deletes does not sign: it is believed of a worker that leaves, or does not refresh its entry any more.
      const gone = last.entry === null || last.entry.leaving || this.#isOverdue(last, now);
      this.#known.set(key, { ...last, entry: gone ? null : last.entry, revision, refused: false });
      return;
    }
    const read = readEntry(key, value, this.#hosts, this.#token);
    const reason = typeof read === 'string' ? read : this.#notTheirs(last, read, now);
    if (typeof read === 'string' || reason !== null) {
      if (!last.refused) this.#tellIgnored(key, reason);
      this.#known.set(key, { ...last, revision, refused: true });
      return;
    }
    this.#known.set(key, { ...read, revision, seenAt: now, refused: false });
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
  settle(present: ReadonlySet<string>, newestBefore: number, now: number): void {
    for (const [key, one] of this.#known) {
      // Where the bucket is one that keeps entries for longer, or for ever.
      if (now - one.seenAt > this.#ttlMs) one.entry = null;
      const missing = !present.has(key) && one.revision <= newestBefore;
      if (missing && (one.entry === null || one.entry.leaving || this.#isOverdue(one, now)))
        this.#known.delete(key);
    }
    if (this.#known.size < mostKnown) this.#overflowed = false;
  }

  /** Whether the server may have let an entry expire: its clock is not ours. */
  #isOverdue({ seenAt }: Pick<Known, 'seenAt'>, now: number): boolean {
    return now - seenAt > 0.8 * this.#ttlMs;
  }

  /** @returns why an entry is not of the process whose entry counts; null where it is, or none does */
  #notTheirs(
    last: Pick<Known, 'entry' | 'signer' | 'order' | 'seenAt'>,
    read: Read,
    now: number,
  ): string | null {
    if (last.entry === null || now - last.seenAt > this.#ttlMs) return null;
    if (last.signer === read.signer)
      return read.order > last.order ? null : 'expected a newer entry, got one anew';
    // One that leaves has ended, or is about to: another under its name may follow.
    return last.entry.leaving ? null : 'expected the signature of the worker that is there under this name';
  }

  #tellIgnored(key: string, reason: string | null): void {
    this.#ignored += 1;
    const shown = key.length > shownKey ? `${key.slice(0, shownKey)}...` : key;
    this.#logger.warn({ key: shown, reason, ignored: this.#ignored }, "ignored an entry that is no worker's");
  }
}

interface Read {
  entry: WorkerEntry;
  signer: string;
  order: number;
}

/** @returns the entry, or why it is none: never anything that its writer chose */
function readEntry(key: string, value: Uint8Array, hosts: string, token: string | undefined): Read | string {
  if (value.byteLength > workerEntryBytes)
    return `expected at most ${workerEntryBytes} bytes, got ${value.byteLength}`;
  const opened = openSeal(value, token);
  if (typeof opened === 'string') return opened;
  const parsed = workerEntrySchema.safeParse(opened.entry);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  }
  // Users of NATS may write under some keys only: an entry counts under its own.
  if (workerKey(parsed.data) !== key) return 'expected an entry under its own pool and id';
  const place = parseHostPort(parsed.data.address);
  if (place === null || !isListed(hosts, place)) return `expected an address of ${hosts}`;
  return { ...opened, entry: parsed.data };
}
