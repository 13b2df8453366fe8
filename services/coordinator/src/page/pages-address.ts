import { isLoopbackHost, parseHostPort } from '@ddad/contract';
import type { CoordinatorConfig } from '../config.ts';

/**
 * The address of the progress pages for links in the Temporal UI: the one that was given, or the one that they are served on where
 * that is loopback, as who looks at a local UI is on this machine.
 * @returns undefined where nobody could follow a link
 */
export function pagesAddress({
  PAGE_URL: given,
  PAGE_LISTEN: listen,
}: Pick<CoordinatorConfig, 'PAGE_URL' | 'PAGE_LISTEN'>): string | undefined {
  if (listen === 'off') return undefined;
  if (given !== undefined) return given.replace(/\/$/, '');
  const place = parseHostPort(listen);
  return place !== null && isLoopbackHost(place.host) && place.port !== 0 ? `http://${listen}` : undefined;
}
