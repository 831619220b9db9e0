import { compose } from './compose.ts';
import { loadConfig, type SecretKey } from './config.ts';
import { requireProtectedAddress } from './http/index.ts';
import type { Environment } from './kernel/environment.ts';

export interface StartOptions {
  /** Keys of the configuration as given on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  /** Somebody sees standard output: a first sign-in link may be printed there. */
  readonly interactive: boolean;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly servingPort: number;
  readonly servingGrpcPort: number;
  readonly dataDir: string;
  /** What a person needs to get in, or a warning; empty when there is nothing to say. */
  readonly signInNotice: string;
  /**
   * Ends in order: `/ready` says no, requests that run are answered, jobs go back to the queue, predictions are shipped, the
   * engines are closed. Requests and jobs may take `drainSeconds`, that of the configuration unless given.
   */
  close(drainSeconds?: number): Promise<void>;
  /** For a process that ends at once: ends its model servers too, which would go on for a while. */
  kill(): void;
}

/**
 * Starts the platform. Throws BAD_CONFIG, EXPOSED_WITHOUT_TLS, ADDRESS_UNAVAILABLE, STORAGE_BUSY when another server holds the data directory,
 * SCHEMA_TOO_NEW when a newer release has been here.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  let noteSecret = async (_key: SecretKey, _verdict: 'taken' | 'refused'): Promise<void> => undefined;
  const config = loadConfig({
    flags: options.flags,
    environment: options.environment,
    onReplaced: (key, verdict) => void noteSecret(key, verdict),
  });
  requireProtectedAddress(config);
  const house = await compose(config, options.environment);
  noteSecret = house.noteSecret;
  try {
    const { bootstrapToken } = config;
    // Whoever waits for a server that is well asks with the token at once; a link tells where the server listens.
    const taken = bootstrapToken && (await house.identity.bootstrap({ bootstrapToken }));
    const { url, port, innerUrl } = await house.http.listen();
    const ports = await house.start({ url, innerUrl });
    const bootstrap =
      taken ||
      (await house.identity.bootstrap({
        publicUrl: url,
        interactive: options.interactive,
        othersAlive: await house.othersAlive(),
      }));
    return {
      url,
      port,
      ...ports,
      dataDir: house.dataDirectory,
      signInNotice: describeBootstrap(bootstrap),
      close: (drainSeconds = config.drainSeconds) => house.close(drainSeconds * 1_000),
      kill: house.kill,
    };
  } catch (error) {
    await house.close(0);
    throw error;
  }
}

function describeBootstrap(
  outcome: Awaited<ReturnType<Awaited<ReturnType<typeof compose>>['identity']['bootstrap']>>,
): string {
  switch (outcome.kind) {
    case 'link':
      return `Sign in within 15 minutes, once: ${outcome.url}`;
    case 'link-file':
      return `The sign-in link is in ${outcome.path}`;
    case 'token':
      return 'The bootstrap token is the owner’s API token';
    default:
      return outcome.warning ?? '';
  }
}
