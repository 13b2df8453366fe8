/**
 * What a terminal acts on instead of showing it: control characters (C0, DEL and C1; not the line break), and those that turn
 * the direction of text around, or break lines elsewhere.
 */
const unseen = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * Text for a terminal or a log, of which others may have chosen parts, as names of files: what would act on a terminal is shown
 * as `\u001b`. In a JSON text, whose strings hold no others unescaped, that stands for the same.
 */
export function visible(text: string): string {
  return text.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same in one line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\u000a');
}
