import { artifactKey, canonicalJson } from '@ddad/contract';
import type { MakeRequest } from '@ddad/rpc';

/** A right request for an artifact. */
export function makeRequest(
  kind: string,
  spec: object,
  rest: Pick<MakeRequest, 'datasetDigest' | 'images'> & { attempt: number },
): MakeRequest {
  const { attempt, datasetDigest, images } = rest;
  const bytes = Buffer.from(canonicalJson(spec));
  return { job: { key: artifactKey(spec), attempt }, kind, spec: bytes, datasetDigest, images };
}
