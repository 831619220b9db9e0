/** A file with its digest in each run; null where a run does not have it. */
export interface ComparedFile {
  readonly path: string;
  readonly digests: readonly (string | null)[];
}

/** The files in which the listings differ, by path. */
export function compareFiles(
  listings: readonly (readonly { readonly path: string; readonly digest: string }[])[],
): readonly ComparedFile[] {
  const files = new Map<string, (string | null)[]>();
  for (const [place, listing] of listings.entries()) {
    for (const { path, digest } of listing) {
      const digests = files.get(path) ?? listings.map(() => null);
      digests[place] = digest;
      files.set(path, digests);
    }
  }
  return [...files]
    .map(([path, digests]) => ({ path, digests }))
    .filter(({ digests }) => new Set(digests).size > 1)
    .toSorted((left, right) => (left.path < right.path ? -1 : 1));
}
