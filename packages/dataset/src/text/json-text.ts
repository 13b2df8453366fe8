import type { Fault } from '@ddad/contract';
import { printParseErrorCode, visit } from 'jsonc-parser';
import { lineAt, plainText } from './plain-text.ts';

/** Objects and lists in one another. Nothing that is read here needs ten; what reads them goes down into each. */
const mostLevels = 64;

/**
 * Parses JSON (RFC 8259) of a file's bytes or text. A byte order mark does not count.
 * @param file its name, for faults
 * @returns the value; or every fault that hides it: another encoding, NUL, the first syntax error with its line and column
 *   (what follows is its echo), keys given twice, of which JSON.parse silently keeps the last, more than 64 levels
 */
export function parseJsonText(
  content: Uint8Array | string,
  file: string,
): { value: unknown } | { faults: Fault[] } {
  const read = plainText(typeof content === 'string' ? Buffer.from(content) : content);
  if ('came' in read) return { faults: [{ path: file, message: `expected JSON, got ${read.came}` }] };
  const deep = tooDeep(read.text);
  if (deep !== null) {
    const message = `expected JSON of at most ${mostLevels} levels, got more at line ${lineAt(read.text, deep)}`;
    return { faults: [{ path: file, message }] };
  }
  const faults = syntaxFaults(read.text, file);
  if (faults.length > 0) return { faults };
  try {
    return { value: JSON.parse(read.text) };
  } catch (error) {
    return { faults: [{ path: file, message: `expected JSON, got a fault: ${String(error)}` }] };
  }
}

/** Where a text goes down too far; null where it does not. Brackets within strings do not count. */
function tooDeep(text: string): number | null {
  let level = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') level += 1;
    else if (token === ']' || token === '}') level -= 1;
    if (level > mostLevels) return index;
  }
  return null;
}

/** Error codes come as `PropertyNameExpected`. */
function spell(code: string): string {
  return code.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

function syntaxFaults(text: string, file: string): Fault[] {
  const faults: Fault[] = [];
  const keys: Set<string>[] = [];
  let broken = false;
  visit(
    text,
    {
      onObjectBegin: () => {
        keys.push(new Set());
      },
      onObjectEnd: () => {
        keys.pop();
      },
      onObjectProperty: (key, _offset, _length, line, column) => {
        const seen = keys.at(-1);
        if (seen?.has(key) && !broken) {
          faults.push({
            path: file,
            message: `expected every key once, got "${key}" again at line ${line + 1}, column ${column + 1}`,
          });
        }
        seen?.add(key);
      },
      onError: (error, _offset, _length, line, column) => {
        if (broken) return;
        broken = true;
        faults.push({
          path: file,
          message: `expected JSON, got a fault at line ${line + 1}, column ${column + 1}: ${spell(printParseErrorCode(error))}`,
        });
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  );
  return faults;
}
