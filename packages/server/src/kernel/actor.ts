import type { Permission, Role } from '@esteira/contracts';

/** Who acts: a person, a service account, or the platform itself (`system`). */
export interface Actor {
  readonly id: string;
  readonly kind: 'user' | 'service' | 'system';
  readonly name: string;
  readonly roles: readonly Role[];
  readonly permissions: ReadonlySet<Permission>;
}

/** Where and for whom something happens. Every service call takes it first. */
export interface RequestContext {
  readonly workspace: string;
  readonly actor: Actor;
  /** Links log lines, audit rows and error answers of one request or job. */
  readonly requestId: string;
}
