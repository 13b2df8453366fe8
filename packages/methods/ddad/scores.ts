import type { ScoreDefinition } from '@ddad/contract';
import type { DdadSettings } from './settings.ts';

/** The scores that an ensemble of every size has: they take no refiner. */
export const curveScores = ['recEnsemble', 'aIntra', 'aInter'] as const;

const ensembleMeanings = {
  rec: 'reconstruction error of the first NDM member',
  recEnsemble: 'reconstruction error of the NDM ensemble',
  aIntra: 'intra-discrepancy: spread of the NDM members (eq. 3)',
  aInter: 'inter-discrepancy: UDM against NDM ensemble (eq. 4)',
};

/** Of an ensemble; needs no unlabeled images. */
export const dsuScore: ScoreDefinition = {
  name: 'dsu',
  symbol: symbol('U', 'dual'),
  meaning: 'dual-space uncertainty: spread of the NDM members in error and input gradient (D2UE)',
  map: true,
  rank: 2,
};

/** With MC Dropout passes stand for members, and `rec` is the network without dropout. */
const passMeanings: typeof ensembleMeanings = {
  rec: 'reconstruction error of the NDM network without dropout',
  recEnsemble: 'reconstruction error of the mean over the passes through the NDM network',
  aIntra: 'intra-discrepancy: spread of the passes through the NDM network (eq. 3)',
  aInter: 'inter-discrepancy: mean over passes, UDM against NDM (eq. 4)',
};

/** The image scores, in the order in which they are shown. */
export function ddadScores({ dropout, dsu }: Pick<DdadSettings, 'dropout' | 'dsu'>): ScoreDefinition[] {
  const meanings = dropout === undefined ? ensembleMeanings : passMeanings;
  return [
    { name: 'rec', symbol: symbol('A', 'rec,0'), meaning: meanings.rec, map: false, rank: 0 },
    { name: 'recEnsemble', symbol: symbol('A', 'rec'), meaning: meanings.recEnsemble, map: true, rank: 1 },
    { name: 'aIntra', symbol: symbol('A', 'intra'), meaning: meanings.aIntra, map: true, rank: -1 },
    {
      name: 'aInter',
      symbol: symbol('A', 'inter'),
      meaning: meanings.aInter,
      map: true,
      learnsUnlabeled: true,
      rank: 3,
    },
    ...(dsu === true ? [dsuScore] : []),
    {
      name: 'rIntra',
      symbol: symbol('R', 'intra'),
      meaning: 'ASR-Net on the intra-discrepancy (eq. 13)',
      map: true,
      rank: 4,
    },
    {
      name: 'rDual',
      symbol: symbol('R', 'dual'),
      meaning: 'ASR-Net on both discrepancies (eq. 10)',
      map: true,
      learnsUnlabeled: true,
      rank: 5,
    },
  ];
}

function symbol(letter: string, index: string): ScoreDefinition['symbol'] {
  return { letter, index };
}
