import { type RunningServer, type StartOptions, startServer } from './start-server.ts';

/** A server on free ports that logs nothing; `flags` are the other keys of its configuration. */
export function startQuietServer(
  flags: StartOptions['flags'],
  environment: StartOptions['environment'] = {},
): Promise<RunningServer> {
  const quiet = { port: 0, servingPort: 0, servingGrpcPort: 0, logLevel: 'silent' };
  return startServer({ flags: { ...quiet, ...flags }, environment, interactive: false });
}
