const digestPattern = /^sha256:([0-9a-f]{2})([0-9a-f]{62})$/;

/** `sha256:abcd…` as `ab/cd…`, so that no folder holds more than its share; undefined for what is no digest. */
export function shardedName(digest: string): string | undefined {
  const match = digestPattern.exec(digest);
  return match === null ? undefined : `${match[1]}/${match[2]}`;
}

/** The digest of a name that ends as `shardedName` gives it; undefined for other names. */
export function digestOfName(name: string): string | undefined {
  const match = /(?:^|\/)([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(name);
  return match === null ? undefined : `sha256:${match[1]}${match[2]}`;
}
