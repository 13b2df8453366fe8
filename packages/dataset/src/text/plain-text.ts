/** A text, or what came in its place. */
export type PlainText = { text: string } | { came: string };

/**
 * Text of a file's bytes, which must be UTF-8: in any other encoding two names could become one. A byte order mark does not
 * count.
 */
export function plainText(bytes: Uint8Array): PlainText {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { came: 'text in UTF-16 (save it as UTF-8)' };
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return {
      came: `text in another encoding than UTF-8, from line ${firstWrongLine(bytes)} on (save it as UTF-8)`,
    };
  }
  const nul = text.indexOf('\0');
  return nul < 0 ? { text } : { came: `a NUL character at line ${lineAt(text, nul)}` };
}

/** Line of a place in a text, from 1. */
export function lineAt(text: string, place: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < place; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** No sequence of UTF-8 goes over a line's end, so that each line is right or wrong by itself. */
function firstWrongLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) break;
    start = end + 1;
  }
  return 1;
}
