import { backUp } from './back-up.ts';

// Writes an archive and says on every step what it is at: to be killed in the middle, or to run out of room.
const [dataDir = '', to = '', more = '{}'] = process.argv.slice(2);
try {
  const { manifest } = await backUp({
    flags: { dataDir, ...(JSON.parse(more) as Record<string, unknown>) },
    environment: {},
    to,
    kind: 'backup',
    onProgress: ({ step, name }) => process.stdout.write(`${step} ${name ?? ''}\n`),
    signal: new AbortController().signal,
  });
  process.stdout.write(`done ${manifest.name}\n`);
} catch (error) {
  process.stdout.write(
    `failed ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}\n`,
  );
}
