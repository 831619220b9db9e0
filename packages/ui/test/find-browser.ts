import { existsSync } from 'node:fs';

const knownPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const howToInstall =
  'Install one (Debian and Ubuntu: apt-get install chromium; macOS: brew install --cask google-chrome) or name it: ESTEIRA_CHROMIUM=/path/to/chromium';

/** How long a page may take to show what a test waits for, in ms: other work may keep the machine busy. */
export const pagePatienceMs = 120_000;

/** For a browser that shows nothing to anybody and asks nobody for anything. */
export const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Where a Chromium is that can show the page; undefined where there is none, which is then said aloud. Throws where the
 * environment promises one: under CI, or when `ESTEIRA_CHROMIUM` names a file that is not there.
 */
export function findBrowser(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = environment.ESTEIRA_CHROMIUM;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`ESTEIRA_CHROMIUM names ${named}, which does not exist. ${howToInstall}`);
  }
  const found = knownPlaces.find((place) => existsSync(place));
  if (found) return found;
  if (environment.CI === 'true')
    throw new Error(`The page must be tested in a browser, and there is none. ${howToInstall}`);
  console.error(
    `LEFT OUT: the tests of the page in a browser, because no Chromium was found. ${howToInstall}`,
  );
  return undefined;
}
