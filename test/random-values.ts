/** A seeded source of random values, so that what a test found once it finds again. */
export class RandomValues {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number, at least 0 and less than `below` (mulberry32). */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** All of them, in another order (Fisher and Yates). */
  shuffled<T>(values: Iterable<T>): T[] {
    const result = [...values];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [result[last], result[other]] = [result[other]!, result[last]!];
    }
    return result;
  }

  /** Random bytes; most are few. */
  bytes(most: number): Buffer {
    const length = this.below(this.below(most) + 1);
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** The same bytes with up to four changes: one set, some cut out, some put in, or all after some place gone. */
  mutated(bytes: Buffer): Buffer {
    let result = Buffer.from(bytes);
    for (let changes = 1 + this.below(4); changes > 0; changes--) {
      const at = this.below(result.length + 1);
      const [before, after] = [result.subarray(0, at), result.subarray(at)];
      result = this.pick([
        () => Buffer.concat([before, Buffer.of(this.below(256)), after.subarray(1)]),
        () => Buffer.concat([before, after.subarray(this.below(20))]),
        () => Buffer.concat([before, this.bytes(20), after]),
        () => Buffer.from(before),
      ])();
    }
    return result;
  }

  /** A text that no form expects, or that tries to be a path, a number, a very long name. */
  text(): string {
    return this.pick([
      () => '',
      () => '0',
      () => '../../../etc/passwd',
      () => 'a\u0000b\nc',
      () => '__proto__',
      () => '%s%n{{}}',
      () => '\u{1F9E0}\u202E\uFFFD',
      () => 'x'.repeat(this.below(100_000)),
      () => this.hex(64),
      () => this.hex(this.below(130)),
      () => this.pick(['ae', 'ndm', 'udm', 'dual', 'intra', 'brain']),
      () => this.bytes(30).toString('latin1'),
    ])();
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.below(16).toString(16)).join('');
  }

  number(): number {
    return this.pick([
      () => 0,
      () => -1,
      () => this.below(10),
      () => this.below(2 ** 31),
      () => 2 ** 32,
      () => Number.MAX_SAFE_INTEGER,
      () => 1e308,
      () => 1e-308,
      () => this.below(1000) / 997,
    ])();
  }

  /** Any JSON, or something like the fields that are given by name. */
  json(names: readonly string[], depth = 3): unknown {
    if (depth === 0) return this.pick([null, true, false, this.number(), this.text().slice(0, 200)]);
    return this.pick([
      () => this.json(names, 0),
      () => Array.from({ length: this.below(6) }, () => this.json(names, depth - 1)),
      () => this.#object(names, depth),
      () => this.#object(names, depth),
      () => this.#object(names, depth),
    ])();
  }

  #object(names: readonly string[], depth: number): object {
    const fields: [string, unknown][] = [];
    for (let count = this.below(8); count > 0; count--) {
      const name = this.below(5) === 0 ? this.text().slice(0, 50) : this.pick(names);
      fields.push([name, this.json(names, this.below(depth))]);
    }
    // Through JSON, so that `__proto__` is a field like others.
    return JSON.parse(
      `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
    );
  }
}
