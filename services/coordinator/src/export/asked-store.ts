import { ObjectNotFound, type ObjectReader } from '@ddad/storage';
import type { FromExport, ObjectAnswer } from './messages.ts';

/** A store of which another process reads the objects. */
export class AskedStore implements ObjectReader {
  readonly #ask: (message: Extract<FromExport, { type: 'wanted' }>) => void;
  readonly #open = new Map<number, { key: string; answer: PromiseWithResolvers<Uint8Array> }>();
  #asked = 0;

  constructor(ask: (message: Extract<FromExport, { type: 'wanted' }>) => void) {
    this.#ask = ask;
  }

  async get(key: string): Promise<Buffer> {
    return Buffer.from(await this.#want(key, null));
  }

  async getToFile(key: string, path: string): Promise<void> {
    await this.#want(key, path);
  }

  /** Takes what came of an object. */
  answered(message: ObjectAnswer): void {
    const open = this.#open.get(message.id);
    if (open === undefined) return;
    this.#open.delete(message.id);
    if (message.type === 'object') open.answer.resolve(message.content);
    else open.answer.reject(message.missing ? new ObjectNotFound(open.key) : new Error(message.message));
  }

  #want(key: string, path: string | null): Promise<Uint8Array> {
    const id = this.#asked;
    this.#asked += 1;
    const answer = Promise.withResolvers<Uint8Array>();
    this.#open.set(id, { key, answer });
    this.#ask({ type: 'wanted', id, key, path });
    return answer.promise;
  }
}
