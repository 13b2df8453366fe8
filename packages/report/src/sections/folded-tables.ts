import { type Html, html } from '../html.ts';
import { type byReduction, reductionTitles, type ScoreLook } from '../score-looks.ts';

/** Tables of groups of scores, each folded away below its title. */
export const foldedTables = (
  groups: ReturnType<typeof byReduction>,
  table: (title: string, looks: readonly ScoreLook[]) => Html,
): Html[] =>
  groups.map(({ reduction, looks }) => {
    const title = reductionTitles[reduction];
    return html`<details><summary>${title}</summary>${table(title, looks)}</details>`;
  });
