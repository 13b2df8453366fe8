import { JobError } from '@ddad/rpc';

/** Collects what is wrong with a request, to tell all of it at once. */
export class RequestFaults {
  readonly #found: string[] = [];

  expect(right: boolean, what: string, expected: string, got: string | number): void {
    if (!right) this.#found.push(`${what}: expected ${expected}, got ${got}`);
  }

  /** Digests and keys become paths and object keys: nothing else may pass for one. */
  digest(what: string, value: string): void {
    this.expect(/^[0-9a-f]{64}$/.test(value), what, '64 hexadecimal digits', `"${value}"`);
  }

  /** @throws JobError `invalid` with all of them, where there are any */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new JobError('invalid', this.#found.join('; '));
  }
}
