/** Milliseconds since 1970 as a short UTC time; a dash for none. */
export function time(at: number | null | undefined): string {
  return at === null || at === undefined ? '-' : new Date(at).toISOString().replace('T', ' ').slice(0, 19);
}

/** A length of time in ms for people: `0.4 s`, `2 min 5 s`, `3 h 12 min`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes in decimal units: `4.2 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Whole numbers with separators, others with four significant digits; a dash for none. */
export function number(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(4)));
}

/** A share from 0 to 1 as a percentage. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '-' : `${Number((share * 100).toPrecision(3))} %`;
}

/** Enough of a digest to recognise it by. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** Any JSON value in one line, texts without quotes. */
export function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** A text in at most so many characters; what is cut is an ellipsis. */
export function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** An id as people can read it: the kind it begins with, and the end, which is what differs between neighbours. */
export function shortId(id: string): string {
  const kind = /^([a-z]+_)[0-9a-z]{20,}$/.exec(id)?.[1];
  return kind === undefined ? id : `${kind}…${id.slice(-5)}`;
}
