import { blobKeysApi } from './blob-keys.ts';
import { changesApi } from './changes.ts';
import { costsApi } from './costs.ts';
import { identityApi } from './identity.ts';
import { lineageApi } from './lineage.ts';
import { policiesApi } from './policies.ts';
import { retentionApi } from './retention.ts';
import { webhooksApi } from './webhooks.ts';

/** Operations of the room governance. */
export const governanceApi = {
  ...identityApi,
  ...policiesApi,
  ...changesApi,
  ...lineageApi,
  ...costsApi,
  ...retentionApi,
  ...blobKeysApi,
  ...webhooksApi,
} as const;
