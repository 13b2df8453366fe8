import type { BlockLine } from './live-block.ts';
import type { Screen } from './screen.ts';

/** Takes what the user should know now, such as that a server does not answer; null once it is over. */
export type Note = (text: string | null) => void;

/** What is noted is told once while it stays the same. */
function unlessRepeated(tell: Note): Note {
  let last: string | null = null;
  return (text) => {
    if (text === last) return;
    last = text;
    tell(text);
  };
}

/** For a terminal: a note as a line of the block, which is drawn anew with every other note. */
export function noteInBlock(redraw: () => void): { note: Note; readonly lines: BlockLine[] } {
  let lines: BlockLine[] = [];
  return {
    note: unlessRepeated((text) => {
      lines = text === null ? [] : [{ text, style: 'yellow' }];
      redraw();
    }),
    get lines() {
      return lines;
    },
  };
}

/** For logs and pipes: a line for every other note. */
export function plainNote(screen: Screen): Note {
  return unlessRepeated((text) => {
    if (text !== null) screen.write(`${text}\n`);
  });
}
