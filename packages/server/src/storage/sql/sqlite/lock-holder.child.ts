import { acquireDataDirectoryLock } from './data-directory-lock.ts';

acquireDataDirectoryLock(process.argv[2] ?? '');
process.stdout.write('held');
setInterval(() => {}, 60_000);
