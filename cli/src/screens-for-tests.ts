import type { Screen, Screens } from './screen.ts';
import { painted } from './styles.ts';

/** A screen that keeps what was written, and what a terminal would show of it. */
export interface RecordedScreen extends Screen {
  columns: number;
  rows: number;
  isTerminal: boolean;
  color: boolean;
  /** Everything written, control sequences included. */
  text(): string;
  /** The lines that a terminal of unlimited height shows, without empty ones at the end. Wraps no line. */
  shown(): string[];
}

export function recordedScreen(
  options: Partial<Pick<RecordedScreen, 'columns' | 'rows' | 'isTerminal'>> = {},
) {
  const { columns = 80, rows = 24, isTerminal = false } = options;
  let written = '';
  const screen: RecordedScreen = {
    columns,
    rows,
    isTerminal,
    color: false,
    write: (text) => {
      written += painted(text);
    },
    draw: (sequence) => {
      written += sequence;
    },
    onResize: () => () => {},
    text: () => written,
    shown: () => emulate(written),
  };
  return screen;
}

export function recordedScreens(): Screens & { out: RecordedScreen; err: RecordedScreen } {
  return { out: recordedScreen(), err: recordedScreen() };
}

/** Understands what LiveBlock writes: text, \n, \r, cursor up, erase to the end of line and of screen. */
function emulate(text: string): string[] {
  const lines: string[] = [''];
  let [row, column] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are driven by them
  for (const token of text.match(/\x1b\[\d*[A-Za-z]|[\s\S]/gu) ?? []) {
    if (token === '\n') {
      row += 1;
      column = 0;
      lines[row] ??= '';
    } else if (token === '\r') column = 0;
    else if (token.startsWith('\x1b[')) {
      const count = Number(token.slice(2, -1) || '1');
      if (token.endsWith('A')) row = Math.max(0, row - count);
      else if (token.endsWith('K')) lines[row] = [...lines[row]!].slice(0, column).join('');
      else if (token.endsWith('J')) {
        lines[row] = [...lines[row]!].slice(0, column).join('');
        lines.length = row + 1;
      } else if (!token.endsWith('m'))
        throw new Error(`unexpected control sequence ${JSON.stringify(token)}`);
    } else {
      const characters = [...lines[row]!];
      characters[column] = token;
      lines[row] = characters.join('');
      column += 1;
    }
  }
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
