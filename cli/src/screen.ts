import type { Writable } from 'node:stream';
import { painted } from './styles.ts';

export { type Style, styled } from './styles.ts';

/** Where text goes: a terminal, a file or a pipe. */
export interface Screen {
  /**
   * Shows a text: of control characters, which may have come in names or others' messages, line breaks alone go through as what
   * they are, and the styles of `styled`.
   */
  write(text: string): void;
  /** Sends what moves the cursor or erases, with texts that are made visible already: for `LiveBlock` alone. */
  draw(sequence: string): void;
  readonly isTerminal: boolean;
  /** Width and height in characters as of now; a terminal may be resized at any time. */
  readonly columns: number;
  readonly rows: number;
  /** Whether colours may be used. */
  readonly color: boolean;
  /** Calls back whenever the terminal has been resized. @returns ends it */
  onResize(callback: () => void): () => void;
}

/** The two outputs of a command: results go to `out`, progress, warnings and errors to `err`. */
export interface Screens {
  out: Screen;
  err: Screen;
}

/** A stream that may be a terminal's. */
export interface MaybeTerminal extends Writable {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/**
 * A stream as a screen.
 * @param environment of its variables NO_COLOR, where colours are off when it is set and not empty (no-color.org), and TERM:
 *   a dumb terminal is like a file
 */
export function screenOf(
  stream: MaybeTerminal,
  { NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>,
): Screen {
  const isTerminal = () => stream.isTTY === true && TERM !== 'dumb';
  return {
    write: (text) => void stream.write(painted(text)),
    draw: (sequence) => void stream.write(sequence),
    get isTerminal() {
      return isTerminal();
    },
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
    get color() {
      return isTerminal() && !NO_COLOR;
    },
    onResize(callback) {
      stream.on('resize', callback);
      return () => stream.off('resize', callback);
    },
  };
}

/** Cuts a line of narrow characters to a width in columns; what is cut shows as "…". */
export function cut(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 0 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}
