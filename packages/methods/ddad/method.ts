import type { KindDefinition, Method } from '@ddad/contract';
import { dsuKind, kCurveKind, mapKind, memberKind, refinedKind, refinerKind } from './kinds.ts';
import { planDdad } from './plan.ts';
import { ddadScores } from './scores.ts';
import {
  batchSizes,
  type DdadSettings,
  type DropoutSettings,
  ddadSchema,
  defaultMaxK,
  leastAutoK,
  memberImageSizes,
  settledK,
} from './settings.ts';
import { storedInput } from './stored-input.ts';
import { describeWidths, widthsOf } from './widths.ts';

/**
 * Dual-distribution discrepancy (Cai et al., Medical Image Analysis 2023): NDM and UDM ensembles, their discrepancies, and
 * ASR-Net, which refines them; MC Dropout in the ensembles' place (Table 6); the curve over K (Table 5).
 */
export const ddad: Method<DdadSettings> = {
  name: 'ddad',
  title: 'Dual-distribution discrepancy anomaly detection',
  schema: ddadSchema as unknown as Method<DdadSettings>['schema'],
  kinds: [memberKind, mapKind, dsuKind, kCurveKind, refinerKind, refinedKind] as unknown as KindDefinition[],
  usesUnlabeled: true,
  imageSizes: memberImageSizes,
  scores: ddadScores,
  facts: ({ backbone, k, dropout, repulsion, ...others }) => ({
    backbone,
    k,
    ...widthsOf(others),
    ...(repulsion === undefined ? {} : { repulsion }),
    ...(dropout === undefined ? {} : { dropout }),
  }),
  describe: (facts) =>
    [
      `backbone ${String(facts.backbone)}`,
      ...describeWidths(facts),
      describeEnsemble(facts),
      ...describeRepulsion(facts),
    ].join(', '),
  roles: { ndm: 'trained on normal images', udm: 'trained on normal and unlabeled images' },
  batchSizes,
  storedInput,
  settle({ k, maxK, ...rest }, { settledTrainers }) {
    if (k !== 'auto') return { settings: { ...rest, k } as DdadSettings };
    // Half of them, as a run trains two roles.
    const settled = Math.min(maxK ?? defaultMaxK, Math.max(leastAutoK, Math.floor(settledTrainers / 2)));
    const { minMembers } = rest as DdadSettings;
    if (minMembers !== undefined && minMembers > settled) {
      const message = `expected at most k, which is ${settled} with the trainers of now, got ${minMembers}`;
      return { faults: [{ path: 'minMembers', message }] };
    }
    return { settings: { ...rest, k: settled } as DdadSettings };
  },
  grow(settings, k) {
    if (settings.dropout !== undefined) {
      return {
        fault:
          'expected a run of an ensemble, this one is of MC Dropout (uncertainty "dropout"): it has one network per role',
      };
    }
    const now = settledK(settings);
    if (k <= now)
      return { fault: `k: expected more than the ${now} members per role that the run has, got ${k}` };
    return { settings: { ...settings, k } };
  },
  plan: planDdad,
};

const describeRepulsion = ({ repulsion }: Readonly<Record<string, unknown>>): string[] =>
  repulsion === undefined ? [] : [`repulsion ${String(repulsion)}`];

/** What the discrepancies of a run are a spread of: `K = 3`, or `MC Dropout (256 passes, rate 0.1)`. */
function describeEnsemble({ k, dropout }: Readonly<Record<string, unknown>>): string {
  if (dropout === undefined) return `K = ${String(k)}`;
  const { passes, rate } = dropout as DropoutSettings;
  return `MC Dropout (${passes} passes, rate ${rate})`;
}
