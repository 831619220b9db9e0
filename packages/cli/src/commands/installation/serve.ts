import { configSchema } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';

/** `esteira serve`: every key of the configuration is a flag. Runs until SIGINT or SIGTERM. */
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
    const stop = (): void => {
      server.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

function keepConfigKeys(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flags).filter(([key]) => key in configSchema.shape));
}
