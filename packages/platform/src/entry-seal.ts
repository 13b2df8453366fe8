import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { WorkerEntry } from '@ddad/contract';
import { z } from 'zod';
import { sameProof, tokenProof } from './token-proof.ts';

/**
 * An entry as it lies in the bucket. Whoever may write the bucket can write under every key of a pool: the proof shows that
 * the writer has the cluster's token, the signature that it is the process that wrote there before.
 */
const sealedSchema = z.object({
  /** JSON of the entry and its place among those that this process wrote. */
  signed: z.string(),
  /** Public key of the process that wrote it: Ed25519, SPKI in base64. */
  signer: z.string().max(100),
  /** Its signature of `signed`, in base64. */
  signature: z.string().max(200),
  /** HMAC-SHA256 of signer and signed by the cluster's token, in base64; absent where there is none. */
  proof: z.string().max(100).optional(),
});

const signedSchema = z.object({ order: z.int().min(1), entry: z.unknown() });

/** What was sealed, and by whom. */
export interface Opened {
  entry: unknown;
  /** Names the process that sealed it. */
  signer: string;
  /** Grows with everything that this process seals. */
  order: number;
}

/** Seals a worker's entries with a key that nobody but this process has. */
export class EntrySeal {
  readonly #token: string | undefined;
  readonly #key: KeyObject;
  readonly #signer: string;
  #order = 0;

  /** @param token the cluster's, where it has one */
  constructor(token?: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#token = token;
    this.#key = privateKey;
    this.#signer = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  }

  /** @returns JSON of the entry with what shows whose it is */
  close(entry: WorkerEntry): string {
    this.#order += 1;
    const signed = JSON.stringify({ order: this.#order, entry });
    const sealed: z.input<typeof sealedSchema> = {
      signed,
      signer: this.#signer,
      signature: sign(null, Buffer.from(signed), this.#key).toString('base64'),
    };
    if (this.#token !== undefined)
      sealed.proof = proofOf(this.#token, this.#signer, signed).toString('base64');
    return JSON.stringify(sealed);
  }
}

/**
 * Opens what `EntrySeal` closed.
 * @param token the cluster's; where it is given, the proof is asked for
 * @returns what was sealed, or why it is none: never anything that its writer chose
 */
export function openSeal(value: Uint8Array, token?: string): Opened | string {
  const sealed = parsed(sealedSchema, new TextDecoder().decode(value));
  if (sealed === null) return 'expected JSON of a signed entry, got something else';
  const { signed, signer, signature, proof } = sealed;
  if (token !== undefined) {
    // First, as it costs least: it comes from a stranger otherwise.
    if (!sameProof(Buffer.from(proof ?? '', 'base64'), proofOf(token, signer, signed)))
      return "expected proof that its writer has the cluster's token (GRPC_TOKEN)";
  }
  if (!isSignedBy(signer, signed, signature)) return 'expected a signature of what it says';
  const content = parsed(signedSchema, signed);
  if (content === null) return 'expected an entry and its order';
  return { entry: content.entry, order: content.order, signer };
}

function isSignedBy(signer: string, signed: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(signer, 'base64'), type: 'spki', format: 'der' });
    if (key.asymmetricKeyType !== 'ed25519') return false;
    return verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

function proofOf(token: string, signer: string, signed: string): Buffer {
  return tokenProof(token, 'ddad entry', [signer, signed]);
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const { success, data } = schema.safeParse(json);
  return success ? data : null;
}
