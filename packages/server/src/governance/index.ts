export type { GateSubject, NodeRef } from '@esteira/contracts';
export { type AuditLog, createAuditLog } from './audit/audit-log.ts';
export { meterAuditLog } from './audit/audit-metrics.ts';
export { createAuditRoutes } from './audit/audit-routes.ts';
export { signsCheckpoint } from './audit/checkpoint.ts';
export {
  openSharedSigningKey,
  openSigningKey,
  seedOfSigningKey,
  signingKeyOf,
} from './audit/open-signing-key.ts';
export { createBlobKeys } from './blob-keys/blob-keys.ts';
export { canonicalDigest } from './canonical-digest.ts';
export type { ChangeKind, StepToApply } from './changes/change-kind.ts';
export { type CostRates, estimateCost } from './costs/cost-estimate.ts';
export type { CostEntry, CostLedger } from './costs/cost-ledger.ts';
export { createGovernance } from './governance.ts';
export type { Authenticated } from './identity/authenticated.ts';
export { defaultWorkspace } from './identity/bootstrap.ts';
export { createIdentity, type Identity } from './identity/identity.ts';
export { systemActor } from './identity/principal.ts';
export { requirePermission } from './identity/require-permission.ts';
export type { Lineage } from './lineage/lineage.ts';
export type { EvidenceReader } from './policies/evidence.ts';
export type { Policies } from './policies/policies.ts';
export { loadDefaultPack } from './policies/policy-pack.ts';
export { idsIn } from './retention/governance-retention.ts';
export { assertNotHeld, createLegalHolds, heldOfKind } from './retention/legal-holds.ts';
export { findRemoved, recordRemoval } from './retention/removed-thing-store.ts';
export { createRetention } from './retention/retention.ts';
export type {
  BlobReference,
  Removable,
  RemovableThing,
  RoomRetention,
} from './retention/room-retention.ts';
export { createSealedSecrets, type SealedSecrets } from './webhooks/sealed-secrets.ts';
export type { WebhookNews } from './webhooks/webhook-news.ts';
export { createWebhookRoutes } from './webhooks/webhook-routes.ts';
export { createWebhooks, type WebhookFields, type WebhooksService } from './webhooks/webhooks.ts';
