import { textCell } from '@ddad/contract';
import { csvFormatRows } from 'd3-dsv';
import type { ScoredImage } from './score.ts';

/** Lines of `ddad score --csv`, whose columns are known before the first image is read. */
export interface ScoreCsv {
  header: string;
  line(image: ScoredImage): string;
}

/**
 * A line an image: its verdict (`abnormal`, `normal`, or nothing where there is no threshold), the score that it is judged by, all
 * scores and p-values (`p_` before a score's name), and what was wrong with it.
 * @param scores names of all scores
 * @param judged names of those that have p-values
 * @param by name of the score by which images are judged: the run's main score, or where the file lacks that, another one; null where
 * none is known
 */
export function scoreCsv(scores: readonly string[], judged: readonly string[], by: string | null): ScoreCsv {
  const figure = (value: number | undefined) => (value === undefined ? '' : String(value));
  return {
    header: csvFormatRows([
      ['image', 'verdict', 'judged_by', ...scores, ...judged.map((name) => `p_${name}`), 'fault'],
    ]),
    line({ image, scores: found = {}, pValues = {}, abnormal = {}, fault = '' }) {
      const above = by === null ? undefined : abnormal[by];
      const verdict = above === undefined ? '' : above ? 'abnormal' : 'normal';
      return csvFormatRows([
        [
          textCell(image),
          verdict,
          verdict === '' ? '' : (by ?? ''),
          ...scores.map((name) => figure(found[name])),
          ...judged.map((name) => figure(pValues[name])),
          textCell(fault),
        ],
      ]);
    },
  };
}
