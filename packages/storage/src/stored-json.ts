import type { z } from 'zod';

/** An object of the store that is not what its place says. Its message holds object keys and places in the object only. */
export class MalformedObject extends Error {
  override readonly name = 'MalformedObject';

  /** @param faults what was expected and what came, by place */
  constructor(object: string, faults: readonly string[], cause?: unknown) {
    const listed = faults.slice(0, listedFaults);
    const more = faults.length > listed.length ? `; and ${faults.length - listed.length} more` : '';
    super(`${object}: ${listed.join('; ')}${more}`, { cause });
  }
}

const listedFaults = 10;
/** Field names come from the object, and may be of any length. */
const shownPath = 80;

/**
 * Reads JSON that came from the store.
 * @param object its key, for the error
 * @param schema one that neither fills in nor changes anything
 * @returns the value as it was stored: fields that the schema does not know are kept, since a digest may cover them
 * @throws MalformedObject naming every fault
 */
export function parseStored<Schema extends z.ZodType>(
  schema: Schema,
  object: string,
  text: Buffer,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw new MalformedObject(object, ['expected JSON in UTF-8, got something else'], cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return value as z.output<Schema>;
  throw new MalformedObject(
    object,
    parsed.error.issues.map(({ path, message }) => {
      const place = path.map(String).join('.').slice(0, shownPath);
      return place === '' ? message : `${place}: ${message}`;
    }),
  );
}
