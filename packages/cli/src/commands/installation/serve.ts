import { configSchema } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { describeError } from '../../describe-error.ts';

/** `esteira serve`: every key of the configuration is a flag. Runs until SIGINT or SIGTERM, and ends in order; the second ends it at once. */
export function addServeCommand(program: Command, context: CommandContext): void {
  const command = program.command('serve').description('Start the platform: control plane and data plane');
  for (const [key, schema] of Object.entries(configSchema.shape)) {
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    command.option(key === 'trustedProxy' ? flag : `${flag} <value>`, schema.description ?? '');
  }
  command.action(async (flags: Record<string, unknown>) => {
    const { startServer } = await import('@esteira/server');
    const server = await startServer({
      flags: keepConfigKeys(flags),
      environment: context.environment,
      interactive: context.isTerminal,
    });
    context.output().result(
      {
        url: server.url,
        port: server.port,
        servingPort: server.servingPort,
        servingGrpcPort: server.servingGrpcPort,
        dataDir: server.dataDir,
        pid: process.pid,
      },
      `Esteira listens on ${server.url}\n${server.signInNotice}`.trimEnd(),
    );
    let stopping = false;
    const stop = (code: number): void => {
      if (stopping) {
        server.kill();
        process.exit(code);
      }
      stopping = true;
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          context.output().progress(describeError(error).text);
          server.kill();
          process.exit(1);
        },
      );
    };
    // As a shell tells it: 128 and the number of the signal.
    process.on('SIGINT', () => stop(130));
    process.on('SIGTERM', () => stop(143));
  });
}

function keepConfigKeys(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flags).filter(([key]) => key in configSchema.shape));
}
