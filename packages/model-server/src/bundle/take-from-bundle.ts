import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { debuglog } from 'node:util';
import { findBundle } from './bundle.ts';
import { tellSourcesInStacks } from './bundled-stack.ts';

/**
 * From here on whoever asks for a source that the bundle has an entry for gets the bundled one, if a bundle lies in `place` and
 * was made from the sources at `root` as they are. Otherwise nothing changes; `NODE_DEBUG=esteira` tells why.
 */
export function takeFromBundle(place: string, root: URL): void {
  const debug = debuglog('esteira');
  const bundle = findBundle(place, fileURLToPath(root));
  if ('problem' in bundle) {
    debug('runs from its sources: %s', bundle.problem);
    return;
  }
  const folder = join(place, bundle.folder);
  const folderUrl = `${pathToFileURL(folder).href}/`;
  const chunks = new Map<string, string>();
  for (const [source, chunk] of Object.entries(bundle.entries))
    chunks.set(new URL(source, root).href, new URL(chunk, folderUrl).href);
  registerHooks({
    resolve(specifier, context, next) {
      if (context.parentURL?.startsWith(folderUrl) === true) {
        if (specifier.startsWith('./'))
          return { url: new URL(specifier, folderUrl).href, format: 'module', shortCircuit: true };
        // Packages lie with the sources, wherever the bundle lies.
        return next(specifier, { ...context, parentURL: root.href });
      }
      const found = next(specifier, context);
      const chunk = chunks.get(found.url);
      return chunk === undefined ? found : { ...found, url: chunk, format: 'module' };
    },
  });
  tellSourcesInStacks(folder, fileURLToPath(root));
  debug('runs from its bundle: %s', folder);
}
