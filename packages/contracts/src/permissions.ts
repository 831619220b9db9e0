/** Every permission of the control plane. A route names exactly one. */
export const permissions = [
  'projects:read',
  'projects:write',
  'datasets:read',
  'datasets:write',
  'features:read',
  'features:write',
  'tracking:read',
  'tracking:write',
  'tracking:purge',
  'training:read',
  'training:run',
  'evaluation:read',
  'evaluation:run',
  'tuning:read',
  'tuning:run',
  'pipelines:read',
  'pipelines:run',
  'registry:read',
  'registry:write',
  'pickles:allow',
  'serving:read',
  'serving:write',
  'serving:ask',
  'predictions:read',
  'labels:write',
  'monitoring:read',
  'monitoring:write',
  'alerts:acknowledge',
  'traces:read',
  'traces:write',
  'webhooks:read',
  'webhooks:manage',
  'changes:read',
  'changes:request',
  'changes:approve',
  'changes:apply',
  'policies:read',
  'policies:write',
  'lineage:read',
  'retention:read',
  'retention:write',
  'holds:manage',
  'audit:read',
  'jobs:read',
  'jobs:cancel',
  'users:read',
  'users:manage',
  'tokens:manage',
  'replicas:read',
  'backups:read',
  'backups:run',
  'imports:run',
  'blob-keys:read',
  'blob-keys:manage',
  'sandboxes:raise',
  'data-plane:sync',
] as const;

export type Permission = (typeof permissions)[number];

/** Roles of a workspace, from the narrowest to the widest. */
export const roles = [
  'viewer',
  'data-scientist',
  'ml-engineer',
  'validator',
  'approver',
  'auditor',
  'admin',
  'owner',
  'data-plane',
] as const;

export type Role = (typeof roles)[number];

/** What lies open to those alone who look after the installation or audit it. */
const readByFew: readonly Permission[] = [
  'audit:read',
  'users:read',
  'replicas:read',
  'backups:read',
  'blob-keys:read',
  'webhooks:read',
];

const reading = permissions.filter((name) => name.endsWith(':read') && !readByFew.includes(name));

const scientist: readonly Permission[] = [
  ...reading,
  'projects:write',
  'datasets:write',
  'features:write',
  'tracking:write',
  'training:run',
  'evaluation:run',
  'tuning:run',
  'pipelines:run',
  'registry:write',
  'serving:ask',
  'labels:write',
  'traces:write',
  'changes:request',
  'jobs:cancel',
];

const engineer: readonly Permission[] = [
  ...scientist,
  'serving:write',
  'monitoring:write',
  'alerts:acknowledge',
  'changes:apply',
];

const everythingButSync = permissions.filter((name) => name !== 'data-plane:sync');
/** What concerns the installation under all workspaces, writes history as it was elsewhere, lifts what guards a sandbox, or lets foreign code run. */
const ofOwnersAlone: readonly Permission[] = [
  'blob-keys:manage',
  'imports:run',
  'sandboxes:raise',
  'pickles:allow',
];

/**
 * What each role may do. The auditor reads everything and writes nothing; the owner cannot be removed; `data-plane` is
 * the identity of a model server and may do nothing but synchronise.
 */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: reading,
  'data-scientist': scientist,
  'ml-engineer': engineer,
  validator: [...reading, 'evaluation:run', 'labels:write', 'alerts:acknowledge'],
  approver: [...reading, 'changes:approve', 'audit:read'],
  auditor: [...reading, ...readByFew],
  admin: everythingButSync.filter((name) => !ofOwnersAlone.includes(name)),
  owner: everythingButSync,
  'data-plane': ['data-plane:sync'],
};
