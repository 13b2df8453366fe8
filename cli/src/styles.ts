import { randomBytes } from 'node:crypto';
import { visible } from '@ddad/contract';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
const codes: Record<Style, [open: number, close: number]> = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
};

/** Tells our own styles from whatever others wrote: nobody else knows it. Both characters are for a program's inside alone. */
const secret = randomBytes(8).toString('hex');
const marks = new RegExp(`\uFDD0${secret}(\\d+)\uFDD1`, 'gu');
const mark = (code: number) => `\uFDD0${secret}${code}\uFDD1`;

/**
 * Wraps `text` in a style where the screen has colours. Apply it after cutting to a width.
 * @returns text for `Screen.write`, or for `painted`
 */
export function styled(screen: { readonly color: boolean }, style: Style | null, text: string): string {
  if (!screen.color || style === null || text === '') return text;
  const [open, close] = codes[style];
  return `${mark(open)}${text}${mark(close)}`;
}

/** Text as a terminal is sent it: styles of ours as what terminals know them by, and nothing else that acts on one. */
export function painted(text: string): string {
  return visible(text).replace(marks, (_, code: string) => `\x1b[${code}m`);
}
