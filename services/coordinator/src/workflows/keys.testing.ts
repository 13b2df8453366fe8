import { artifactKey, canonicalJson, seedOf, sha256Hex } from '@ddad/contract';

/** A workflow that works keys out, in the sandbox that workflows run in. */
export async function workOutKeys(specs: object[]) {
  return specs.map((spec, index) => ({
    json: canonicalJson(spec),
    key: artifactKey(spec),
    digest: sha256Hex(`${index} ä`),
    seed: seedOf(7, 'udm', index, index),
  }));
}
