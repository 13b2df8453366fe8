import { existsSync } from 'node:fs';

/** Path of the browser that page tests use. */
export function installedChromium(): string {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    throw new Error(
      `expected Chromium at ${places.join(' or ')}, found none: install Debian package chromium`,
    );
  }
  return found;
}
