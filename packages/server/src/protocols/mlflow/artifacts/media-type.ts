/** Endings that MLflow's server calls plain text, the names without an ending among them. */
const text = new Set(
  'txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel MLproject mlproject'.split(
    ' ',
  ),
);

const others: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  bmp: 'image/bmp',
  webp: 'image/webp',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
  htm: 'text/html',
  html: 'text/html',
  css: 'text/css',
  mp3: 'audio/mpeg',
  wav: 'audio/x-wav',
  mp4: 'video/mp4',
  zip: 'application/zip',
  tar: 'application/x-tar',
};

/** The media type of a file by its name, as MLflow's server tells it. */
export function mediaTypeOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const ending = dot <= 0 ? name : name.slice(dot + 1);
  if (text.has(ending)) return 'text/plain';
  return (dot <= 0 ? undefined : others[ending.toLowerCase()]) ?? 'application/octet-stream';
}
