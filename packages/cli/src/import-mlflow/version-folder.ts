import type { ImportedVersion } from '@esteira/contracts';

type Folder = ImportedVersion['folder'];

/** Finds whose files a version is made of, among the runs and logged models that were read. */
export interface VersionFolders {
  know(kind: 'run' | 'logged-model', id: string, location: string): void;
  /** Null when the source names none of them. */
  find(source: string): Folder;
}

export function createVersionFolders(): VersionFolders {
  const known = new Map<string, { readonly kind: 'run' | 'logged-model'; readonly location: string }>();

  /** One of the names in an address is that of the owner whose location it lies in. */
  function within(address: string): Folder {
    for (const id of address.split('/')) {
      const owner = known.get(id);
      if (owner === undefined) continue;
      const location = owner.location.replace(/\/+$/, '');
      if (address === location) return { kind: owner.kind, id, path: '' };
      if (address.startsWith(`${location}/`))
        return { kind: owner.kind, id, path: address.slice(location.length + 1) };
    }
    return null;
  }

  return {
    know: (kind, id, location) => void known.set(id, { kind, location }),
    find(source) {
      const plain = source.replace(/\/+$/, '');
      const [, runId, path = ''] = /^runs:\/([^/]+)\/?(.*)$/.exec(plain) ?? [];
      if (runId !== undefined) return known.has(runId) ? { kind: 'run', id: runId, path } : null;
      const [, modelId] = /^models:\/([^/@]+)$/.exec(plain) ?? [];
      if (modelId !== undefined)
        return known.has(modelId) ? { kind: 'logged-model', id: modelId, path: '' } : null;
      return within(plain);
    },
  };
}
