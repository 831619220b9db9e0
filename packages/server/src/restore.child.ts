import { restore } from './restore.ts';

// Restores an archive and says on every step what it is at, to be killed in the middle.
const [from = '', signingKey = '', flags = '{}', as = 'backup'] = process.argv.slice(2);
await restore({
  flags: JSON.parse(flags) as Record<string, unknown>,
  environment: {},
  from,
  as: as === 'house' ? 'house' : 'backup',
  verify: true,
  signingKey,
  onProgress: ({ step, name, done }) => process.stdout.write(`${step} ${name ?? ''} ${done}\n`),
  signal: new AbortController().signal,
});
