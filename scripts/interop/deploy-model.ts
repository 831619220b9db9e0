import { esteira, runCommand } from '../../packages/cli/src/esteira-command.fixture.ts';
import { type Installation, ownerToken } from '../../packages/cli/test/installation.fixture.ts';

/** What `esteira deploy --json` says of an endpoint. */
interface Deployed {
  readonly url: string;
  readonly grpc: string;
  readonly key: string;
  readonly version: number;
}

/** Deploys a file or a folder by the one command for it. Throws an Error with what the command complained of. */
export async function deployModel(
  { url }: Installation,
  path: string,
  name: string,
  options: { readonly home: string; readonly flags?: readonly string[] },
): Promise<Deployed> {
  const { home, flags = [] } = options;
  const { code, stdout, stderr } = await runCommand(
    esteira,
    ['deploy', path, '--name', name, '--json', ...flags],
    { environment: { ESTEIRA_URL: url, ESTEIRA_TOKEN: ownerToken, HOME: home } },
  );
  if (code !== 0) throw new Error(`${name} could not be deployed: ${stderr}`);
  return JSON.parse(stdout) as Deployed;
}

/** What a server has to be told before it can install anything on this machine. */
export function whereFromPackagesCome(): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(process.env))
    if (/^(?:PIP|UV)_|^SSL_CERT_FILE$|_proxy$/i.test(name)) told[name] = value;
  return told;
}
