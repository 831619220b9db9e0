// node scripts/generate-reference.ts [--check]
// Writes docs/reference from the contracts, the policy pack and the command line; --check only tells what differs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { apiPage } from './reference/api-page.ts';
import { cliPage } from './reference/cli-page.ts';
import { configPage } from './reference/config-page.ts';
import { errorsPage } from './reference/errors-page.ts';
import { eventsPage } from './reference/events-page.ts';
import { openApiDocument } from './reference/openapi-document.ts';
import { permissionsPage } from './reference/permissions-page.ts';
import { policiesPage } from './reference/policies-page.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'docs/reference');
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const pages: Readonly<Record<string, string>> = {
  'api.md': apiPage(),
  'cli.md': cliPage(),
  'config.md': configPage(),
  'errors.md': errorsPage(),
  'events.md': eventsPage(root),
  'openapi.json': openApiDocument(root),
  'permissions.md': permissionsPage(),
  'policies.md': await policiesPage(),
};

process.exitCode = values.check ? check() : write();

function write(): number {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, name), text);
  for (const name of strangers()) rmSync(join(folder, name));
  console.log(`wrote ${Object.keys(pages).length} pages to docs/reference`);
  return 0;
}

function check(): number {
  const stale = Object.entries(pages).filter(([name, text]) => {
    const path = join(folder, name);
    return !existsSync(path) || readFileSync(path, 'utf8') !== text;
  });
  const wrong = [...stale.map(([name]) => name), ...strangers()];
  for (const name of wrong)
    console.error(
      `docs/reference/${name} is not what the sources say; run: node scripts/generate-reference.ts`,
    );
  return wrong.length === 0 ? 0 : 1;
}

/** Files that no page is written for any more. */
function strangers(): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !(name in pages)) : [];
}
