import type { RunResult, ScoreName } from '@ddad/contract';
import { Html } from './html.ts';

export { mainScore } from '@ddad/contract';

interface Naming {
  /** As the paper writes it. */
  symbol: Html;
  /** For titles and screen readers. */
  plain: string;
  meaning: string;
  /** SVG dash pattern of its curves: colours alone tell nothing to some. */
  dashes: string | null;
}

const symbol = (letter: string, index: string) => new Html(`<i>${letter}</i><sub>${index}</sub>`);

/** How a score, and the map whose mean it is, is called. */
export const scoreNaming: Record<ScoreName, Naming> = {
  rec: {
    symbol: symbol('A', 'rec,0'),
    plain: 'rec',
    meaning: 'reconstruction error of the first NDM member',
    dashes: '1 4',
  },
  recEnsemble: {
    symbol: symbol('A', 'rec'),
    plain: 'recEnsemble',
    meaning: 'reconstruction error of the NDM ensemble',
    dashes: '9 3',
  },
  aIntra: {
    symbol: symbol('A', 'intra'),
    plain: 'aIntra',
    meaning: 'intra-discrepancy: spread of the NDM members (eq. 3)',
    dashes: '2 3',
  },
  aInter: {
    symbol: symbol('A', 'inter'),
    plain: 'aInter',
    meaning: 'inter-discrepancy: UDM against NDM ensemble (eq. 4)',
    dashes: '7 3 2 3',
  },
  rIntra: {
    symbol: symbol('R', 'intra'),
    plain: 'rIntra',
    meaning: 'ASR-Net on the intra-discrepancy (eq. 13)',
    dashes: null,
  },
  rDual: {
    symbol: symbol('R', 'dual'),
    plain: 'rDual',
    meaning: 'ASR-Net on both discrepancies (eq. 10)',
    dashes: null,
  },
};

/** What a score of a run is; with MC Dropout passes stand for members, and `rec` is the network without dropout. */
export function scoreMeaning(name: ScoreName, { dropout }: Pick<RunResult, 'dropout'>): string {
  return (dropout && meaningOfPasses[name]) ?? scoreNaming[name].meaning;
}

const meaningOfPasses: Partial<Record<ScoreName, string>> = {
  rec: 'reconstruction error of the NDM network without dropout',
  recEnsemble: 'reconstruction error of the mean over the passes through the NDM network',
  aIntra: 'intra-discrepancy: spread of the passes through the NDM network (eq. 3)',
  aInter: 'inter-discrepancy: mean over passes, UDM against NDM (eq. 4)',
};
