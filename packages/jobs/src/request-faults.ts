import { dropoutLimits, type PrecisionSpec } from '@ddad/contract';
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

  /** A specification's precision, which is absent where it is the default. */
  precision(value: string | undefined): PrecisionSpec {
    if (value === undefined) return {};
    this.expect(value === 'bfloat16', 'precision', '"bfloat16" or none', `"${value}"`);
    return { precision: 'bfloat16' };
  }

  /** A rate of dropout; there may be none. */
  dropoutRate(what: string, rate: number | undefined): void {
    if (rate === undefined) return;
    const most = dropoutLimits.rate;
    this.expect(rate > 0 && rate <= most, what, `more than 0 and at most ${most}`, rate);
  }

  /** @throws JobError `invalid` with all of them, where there are any */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new JobError('invalid', this.#found.join('; '));
  }
}
