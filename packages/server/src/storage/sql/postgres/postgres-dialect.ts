import {
  type ColumnDefinitionNode,
  DataTypeNode,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  RawNode,
} from 'kysely';
import { createKyselyDriver, type StatementRunner } from '../kysely-driver.ts';

/** Kysely over a runner of statements. */
export function kyselyOver(runner: StatementRunner): Kysely<unknown> {
  const dialect: Dialect = {
    createDriver: () => createKyselyDriver(runner),
    createQueryCompiler: () => new PortableCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (database) => new PostgresIntrospector(database),
  };
  return new Kysely<unknown>({ dialect });
}

/**
 * Makes the columns of the migrations mean what they mean on SQLite: `integer` has 64 bits there, and text is compared by
 * its bytes, on which ids and paging rest.
 */
class PortableCompiler extends PostgresQueryCompiler {
  protected override visitColumnDefinition(node: ColumnDefinitionNode): void {
    super.visitColumnDefinition({ ...node, dataType: portableType(node.dataType) });
  }
}

function portableType(type: ColumnDefinitionNode['dataType']): ColumnDefinitionNode['dataType'] {
  if (!DataTypeNode.is(type)) return type;
  if (type.dataType === 'integer') return DataTypeNode.create('bigint');
  if (type.dataType === 'text') return RawNode.createWithSql('text collate "C"');
  return type;
}
