import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The checkout. */
export const root = resolve(import.meta.dirname, '../../..');
export const here = resolve(import.meta.dirname, '..');

const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
/** Where scripts/setup keeps what it installs; shared by all checkouts. */
export const cache = resolve(root, process.env.DDAD_CACHE || join(cacheHome, 'ddad'));
/** What was downloaded for images, by digest. */
export const downloads = join(cache, 'images');
/** Trees to build images of, and their lists of contents. */
export const work = join(root, '.cache/images');

mkdirSync(downloads, { recursive: true });
