import { curvesCsv, imagesCsv } from '../image-csv.ts';
import type { ImageTable } from '../image-rows.ts';
import { all, type ReadData } from './elements.ts';
import { figurePng, figureSvg } from './figure-file.ts';

/** Buttons that save what the page shows as files: everything is made from the page, nothing is fetched. */
export function downloads(data: ReadData, table: ImageTable): void {
  const { labels, scores } = data;
  const texts: Record<string, () => string> = {
    scores: () => imagesCsv(table),
    curves: () => curvesCsv(scores, labels ?? []),
  };
  for (const button of all('button[data-download]', HTMLButtonElement)) {
    const name = button.dataset.download!;
    button.hidden = false;
    button.addEventListener('click', () =>
      save(`${name}.csv`, new Blob([texts[name]!()], { type: 'text/csv' })),
    );
  }
  for (const chart of all('figure > svg.chart', SVGSVGElement)) {
    const caption = chart.parentElement!.querySelector('figcaption');
    if (caption === null) continue;
    const buttons = document.createElement('span');
    buttons.className = 'figure-downloads';
    buttons.append(
      figureButton(chart, 'SVG', async () => new Blob([figureSvg(chart)], { type: 'image/svg+xml' })),
      figureButton(chart, 'PNG', () => figurePng(chart)),
    );
    caption.append(buttons);
  }
}

function figureButton(
  chart: SVGSVGElement,
  kind: 'SVG' | 'PNG',
  file: () => Promise<Blob>,
): HTMLButtonElement {
  const button = document.createElement('button');
  const label = chart.getAttribute('aria-label') ?? 'figure';
  button.type = 'button';
  button.textContent = kind;
  button.setAttribute('aria-label', `${kind} of: ${label}`);
  button.addEventListener('click', async () =>
    save(`${fileName(label)}.${kind.toLowerCase()}`, await file()),
  );
  return button;
}

/** The first words of a figure's name. */
function fileName(label: string): string {
  const words = label.split(/[:;]/)[0] ?? label;
  return words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/-$/, '');
}

function save(name: string, file: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has to have begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
