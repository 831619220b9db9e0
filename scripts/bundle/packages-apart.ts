import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Tells whether a module that another names belongs to a package that stays apart, or to one that such a package needs: bundled
 * as well, it would be there twice. Throws when it is installed twice and the importer's is not the one at the root.
 */
export function createPackagesApart(
  root: string,
  names: readonly string[],
): (id: string, importer?: string) => boolean {
  const apart = new Set<string>();
  for (const name of names) add(name);
  const fromRoot = createRequire(join(root, 'package.json'));

  function add(name: string): void {
    const manifest = join(root, 'node_modules', name, 'package.json');
    if (apart.has(name) || !existsSync(manifest)) return;
    apart.add(name);
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) add(needed);
  }

  return (id, importer) => {
    const name = /^((?:@[^/]+\/)?[^./@][^/]*)/.exec(id)?.[1];
    if (name === undefined || !apart.has(name)) return false;
    if (importer !== undefined && createRequire(importer).resolve(id) !== fromRoot.resolve(id))
      throw new Error(`${importer} has a ${name} of its own.`);
    return true;
  };
}
