import { type RunResult, type ScoreWarning, scoreWarnings } from '@ddad/contract';
import { type Html, html } from '../html.ts';

/** Warnings of some kinds, each with the scores that it is about. */
export function warningNotes(
  result: Pick<RunResult, 'scores' | 'calibration'>,
  kinds: readonly ScoreWarning['kind'][],
  about: (score: string) => boolean = () => true,
): Html[] {
  return scoreWarnings(result)
    .filter(({ kind }) => kinds.includes(kind))
    .map((warning) => ({ ...warning, scores: warning.scores.filter(about) }))
    .filter(({ scores }) => scores.length > 0)
    .map(
      ({ kind, title, scores, meaning }) =>
        html`<p class="note warning" data-warning="${kind}"><b>${title}</b> ${scores.map((name, place) => html`${place > 0 && ', '}<code>${name}</code>`)}: ${meaning}</p>`,
    );
}
