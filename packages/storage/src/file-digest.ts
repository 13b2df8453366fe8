import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Of a content: SHA-256 (hexadecimal) and length. */
export interface ContentDigest {
  sha256: string;
  bytes: number;
}

/** Digests a content piece by piece; throws what the stream throws. */
export async function streamDigest(content: AsyncIterable<unknown>): Promise<ContentDigest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Of a file, read in pieces. */
export function fileDigest(path: string): Promise<ContentDigest> {
  return streamDigest(createReadStream(path));
}
