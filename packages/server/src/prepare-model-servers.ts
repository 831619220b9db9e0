import type { Config } from '@esteira/contracts';
import type { DataDirectory } from './data-directory.ts';
import { type createIdentity, systemActor } from './governance/index.ts';
import type { Environment } from './kernel/environment.ts';
import type { IdGenerator } from './kernel/ids.ts';
import { modelServerEnvironment } from './model-server-environment.ts';
import type { Engines } from './open-engines.ts';
import { reservePort } from './reserve-port.ts';

type Identity = ReturnType<typeof createIdentity>;

/**
 * How this server runs model servers: their ports, what they are told and whom they act as. They start with the first
 * endpoint, but where they will answer is announced at once: both ports are taken until then.
 */
export async function prepareModelServers(deps: {
  readonly config: Config;
  readonly environment: Environment;
  readonly folder: DataDirectory;
  readonly engines: Engines;
  readonly identity: Identity;
}) {
  const { config, folder, identity } = deps;
  const { ids, secrets, clockOffset } = deps.engines;
  let controlPlaneUrl = '';
  const http = await reservePort(config.servingPort, config.host);
  const grpc = await reservePort(config.servingGrpcPort, config.host);

  async function releasePorts(): Promise<void> {
    await http.release();
    await grpc.release();
  }

  return {
    httpPort: http.port,
    grpcPort: grpc.port,
    releasePorts,

    /** Where model servers find this server: known only once it listens. */
    setControlPlane(url: string) {
      controlPlaneUrl = url;
    },

    settings: {
      host: config.host,
      port: http.port,
      grpcPort: grpc.port,
      processes: String(config.servingProcesses),
      releasePorts,
      environment: modelServerEnvironment(config, deps.environment, clockOffset()),
      stopPatienceMs: config.drainSeconds * 1_000 + 10_000,
      controlPlaneUrl: () => controlPlaneUrl,
      async issueToken(workspace: string) {
        const context = { workspace, actor: systemActor, requestId: ids.next('req') };
        const issued = await identity.issueServiceToken(context, {
          // Replacing its token must not end that of another replica's model server.
          name: secrets === undefined ? 'model-server' : accountOf(folder.installationId),
          roles: ['data-plane'],
          replace: true,
        });
        return issued.secret;
      },
    },
  };
}

/** Ends the tokens of the model servers of a replica that is gone. */
export async function revokeTokensOfReplica(
  identity: Identity,
  ids: IdGenerator,
  replica: string,
): Promise<void> {
  for (const workspace of await identity.workspaces()) {
    const context = { workspace, actor: systemActor, requestId: ids.next('req') };
    await identity.revokeServiceTokens(context, accountOf(replica));
  }
}

/** The service account of a replica's model servers. */
function accountOf(replica: string): string {
  return `model-server-${replica}`;
}
