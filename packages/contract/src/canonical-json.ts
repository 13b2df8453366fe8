/**
 * JSON with one form for one value: keys sorted by UTF-16 code units, no white space, numbers as JSON.stringify
 * writes them (-0 as 0).
 * @throws TypeError naming the place of a value that JSON cannot hold: undefined, NaN, an infinity, a bigint, a function,
 * an object that is neither plain nor an array.
 * @example canonicalJson({ b: [1, null], a: 'x' }) // '{"a":"x","b":[1,null]}'
 */
export function canonicalJson(value: unknown): string {
  return write(value, '');
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refusal('a finite number', path, String(value));
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    // Array.from also visits holes, which map would skip.
    return `[${Array.from(value, (item, index) => write(item, `${path}[${index}]`)).join(',')}]`;
  }
  if (typeof value === 'object') {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw refusal('a plain object', path, value.constructor?.name ?? 'another object');
    }
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields
      .map(([key, field]) => `${JSON.stringify(key)}:${write(field, path === '' ? key : `${path}.${key}`)}`)
      .join(',')}}`;
  }
  throw refusal('a JSON value', path, typeof value);
}

function refusal(expected: string, path: string, came: string): TypeError {
  return new TypeError(
    `canonical JSON: expected ${expected} at ${path === '' ? 'the top' : path}, got ${came}`,
  );
}
