import type { Html } from '../html.ts';
import { pageAssets } from '../page-assets.ts';

/** A chart with its title, as a part of a figure. */
export interface FigurePart {
  title: string;
  chart: Html;
}

const titleHeight = 24;
const gap = 16;

/** Charts of one size in rows, as an SVG file of its own: light colours, nothing that is loaded. */
export function figureSvg(parts: readonly FigurePart[], columns: number): string {
  const [first] = parts;
  if (first === undefined) throw new RangeError('expected at least one chart, got none');
  const [width, height] = sizeOf(first.chart);
  const across = Math.min(columns, parts.length);
  const placed = parts.map(({ title, chart }, place) => {
    const x = gap + (place % across) * (width + gap);
    const y = gap + Math.floor(place / across) * (height + titleHeight + gap);
    return (
      `<text x="${x}" y="${y + 14}" font-weight="bold">${escaped(title)}</text>` +
      chart.text.replace('<svg', `<svg x="${x}" y="${y + titleHeight}"`)
    );
  });
  const total = [
    gap + across * (width + gap),
    gap + Math.ceil(parts.length / across) * (height + titleHeight + gap),
  ] as const;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${total[0]}" height="${total[1]}" viewBox="0 0 ${total[0]} ${total[1]}" font-family="system-ui, sans-serif" font-size="12">`,
    `<style>:root { ${lightColours()} }</style>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...placed,
    '</svg>\n',
  ].join('\n');
}

/** The page's colours by name, those of its light theme. */
function lightColours(): string {
  const { style } = pageAssets();
  return [...style.matchAll(/--([\w-]+):\s*light-dark\(\s*(#[0-9a-f]+)/g)]
    .map(([, name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}

function sizeOf({ text }: Html): [width: number, height: number] {
  const of = (name: string) => Number(new RegExp(`<svg[^>]* ${name}="(\\d+)"`).exec(text)?.[1]);
  return [of('width'), of('height')];
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
