import { ServingContract } from '@esteira/contracts/data-plane';

type Environment = Readonly<Record<string, string | undefined>>;

/** The port on which SageMaker asks a container, unless it names another. */
export const sagemakerPort = 8080;

/**
 * Reads what was said on the command line into the settings of the environment: `--contract sagemaker`, `--trust-network`,
 * and the word `serve`, by which SageMaker starts a container. Throws an Error for anything else.
 */
export function readArguments(words: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === 'serve') continue;
    if (word === '--trust-network') settings.ESTEIRA_SERVING_TRUST_NETWORK = 'true';
    else if (word === '--contract') {
      at += 1;
      settings.ESTEIRA_SERVING_CONTRACT = words[at] ?? '';
    } else
      throw new Error(`The model server knows no ${word}; it knows serve, --contract and --trust-network.`);
  }
  return settings;
}

/**
 * The contract to keep to, if any. Throws an Error for one that is not known, and where strangers could reach a server that
 * asks nobody for a key: only loopback, or a network that is trusted in so many words.
 */
export function readContract(environment: Environment, host: string): ServingContract | undefined {
  const contract = environment.ESTEIRA_SERVING_CONTRACT;
  if (contract === undefined || contract === '') return undefined;
  const known = ServingContract.options.find((option) => option === contract);
  if (known === undefined)
    throw new Error(
      `There is no contract ${contract}: sagemaker is the only one that works without keys (--contract, ESTEIRA_SERVING_CONTRACT).`,
    );
  const isTrusted = environment.ESTEIRA_SERVING_TRUST_NETWORK === 'true';
  if (!isLoopback(host) && !isTrusted)
    throw new Error(
      `The contract sagemaker has no keys, and whoever reaches ${host} could ask. Listen on 127.0.0.1, or say --trust-network (ESTEIRA_SERVING_TRUST_NETWORK=true) where only SageMaker reaches it.`,
    );
  return known;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
