import type { SqlReader } from '../../storage/sql/sql-database.ts';

/** Who stands behind an identity: four eyes means two people, not two credentials. */
export interface PeopleBehind {
  /** The identity itself and, for a service account, whoever made it or one of its tokens, and so on. */
  of(workspace: string, identity: string): Promise<ReadonlySet<string>>;
}

/** Whether two identities act for the same person. */
export function actForTheSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  for (const person of one) if (other.has(person)) return true;
  return false;
}

interface MakerTables {
  audit_entries: {
    workspace: string;
    action: string;
    actor_id: string;
    subject_kind: string;
    subject_id: string;
  };
  api_tokens: { id: string; workspace: string; principal_id: string };
}

/**
 * Reads the makers from the audit log, which nobody can edit: a maker who has left the team, or lost the right to make
 * tokens, may still hold one.
 */
export function createPeopleBehind(deps: { sql: SqlReader }): PeopleBehind {
  const { sql } = deps;
  return {
    async of(workspace, identity) {
      const people = new Set([identity]);
      // A set visits what is added while it is walked: makers of makers.
      for (const person of people) {
        for (const maker of await makersOf(workspace, person)) people.add(maker);
      }
      return people;
    },
  };

  async function makersOf(workspace: string, identity: string): Promise<readonly string[]> {
    const made = await sql
      .query<MakerTables>()
      .selectFrom('audit_entries')
      .select('actor_id')
      .distinct()
      .where('workspace', '=', workspace)
      .where('action', '=', 'identity.user.created')
      .where('subject_kind', '=', 'service')
      .where('subject_id', '=', identity)
      .execute();
    const tokens = await sql
      .query<MakerTables>()
      .selectFrom('audit_entries')
      .innerJoin('api_tokens', 'api_tokens.id', 'audit_entries.subject_id')
      .select('audit_entries.actor_id')
      .distinct()
      .where('audit_entries.workspace', '=', workspace)
      .where('audit_entries.action', '=', 'identity.token.created')
      .where('audit_entries.subject_kind', '=', 'token')
      .where('api_tokens.principal_id', '=', identity)
      .execute();
    // What the platform makes by itself, at its first start for instance, is nobody's.
    return [...made, ...tokens].map((row) => row.actor_id).filter((maker) => maker !== 'system');
  }
}
