import { visibleLine } from '@ddad/contract';
import { cut, type Screen } from './screen.ts';
import { painted, type Style, styled } from './styles.ts';

/** A line of a block: plain text and how it looks. */
export interface BlockLine {
  text: string;
  style?: Style | null;
}

/** Lines at the bottom of a terminal that are drawn anew in place, with finished lines above them. */
export class LiveBlock {
  private readonly screen: Screen;
  /** Lengths of the lines that stand on the screen now. */
  private drawn: number[] = [];

  constructor(screen: Screen) {
    this.screen = screen;
  }

  /**
   * Replaces the block by `lines`, cut to the terminal's width; `above` stays on the screen for good.
   * The whole change is one write, so that nothing flickers.
   */
  draw(lines: readonly BlockLine[], above: readonly BlockLine[] = []): void {
    const width = Math.max(1, this.screen.columns - 1);
    const room = Math.max(1, this.screen.rows - 1);
    const fitting = (line: BlockLine) => ({ ...line, text: cut(visibleLine(line.text), width) });
    const shown = lines.slice(-room).map(fitting);
    const paint = (line: BlockLine) =>
      `${painted(styled(this.screen, line.style ?? null, line.text))}\x1b[K\n`;
    const kept = above.map((line) => paint(fitting(line)));
    // Line by line, then the rest: terminals keep what is erased from the top of the screen in their history.
    this.screen.draw(`${this.upwards()}${kept.join('')}${shown.map(paint).join('')}\x1b[J`);
    this.drawn = shown.map((line) => [...line.text].length);
  }

  /** Takes the block off the screen. */
  clear(): void {
    const upwards = this.upwards();
    if (upwards !== '') this.screen.draw(`${upwards}\x1b[J`);
    this.drawn = [];
  }

  /** Moves to where the block begins. */
  private upwards(): string {
    // A terminal made narrower since then has wrapped the lines: each takes more rows now.
    const rows = this.drawn.reduce(
      (sum, length) => sum + Math.max(1, Math.ceil(length / this.screen.columns)),
      0,
    );
    return rows === 0 ? '' : `\x1b[${rows}A\r`;
  }
}
