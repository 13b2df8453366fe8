import './zod-without-jit.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { z } from 'zod';

/** A SHA-256 as it is written everywhere: 64 hexadecimal digits, lower case. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

/**
 * SHA-256 as 64 hexadecimal digits. Runs in workflows too, where `node:crypto` is not to be had: meant for keys and other small
 * data, as it takes many times as long as that. What is read from files goes through `node:crypto`.
 * @param data a text stands for its UTF-8
 */
export function sha256Hex(data: Uint8Array | string): string {
  const digest = sha256(typeof data === 'string' ? new TextEncoder().encode(data) : data);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
