import './zod-without-jit.ts';
import { z } from 'zod';

/** A SHA-256 as it is written everywhere: 64 hexadecimal digits, lower case. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');
