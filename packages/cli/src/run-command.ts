import { runCommandLine } from './run-command-line.ts';

const { argv, env: environment, stdin, stdout, stderr } = process;
process.exitCode = await runCommandLine(argv.slice(2), { environment, stdin, stdout, stderr });
