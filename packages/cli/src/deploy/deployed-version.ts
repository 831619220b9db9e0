import type { EsteiraClient } from '@esteira/sdk';

/** A version as the registry shows it to whoever deploys it. */
export type DeployedVersion = Awaited<ReturnType<EsteiraClient['registry']['versionById']>>;
