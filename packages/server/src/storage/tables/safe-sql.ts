import { engineProblem, type TableEngine } from './table-engine.ts';

/**
 * Judges SQL that people write, in contracts and feature views, before it runs beside other data. The text is parsed by the engine itself
 * and the tree is walked: a single SELECT over the one table it is about, with functions that depend on their
 * arguments alone. What is not known to be harmless is refused.
 */
export interface SafeSql {
  /** Why the query may not run; undefined when it may. `table` is the only table it may read. */
  queryProblem(query: string, table: string): Promise<string | undefined>;
  /** Why the expression cannot be a condition on one row; undefined when it can. */
  expressionProblem(expression: string): Promise<string | undefined>;
  /** Why the text is no regular expression; undefined when it is. */
  patternProblem(pattern: string): Promise<string | undefined>;
}

type Node = Readonly<Record<string, unknown>>;

const tableFunctions: ReadonlySet<string> = new Set(['unnest', 'range', 'generate_series']);
const tableReferences: ReadonlySet<string> = new Set([
  'BASE_TABLE',
  'SUBQUERY',
  'JOIN',
  'EXPRESSION_LIST',
  'EMPTY',
  'TABLE_FUNCTION',
]);
// Marked consistent by the engine, yet they read its settings or the clock.
const refusedFunctions: ReadonlySet<string> = new Set([
  'current_setting',
  'getvariable',
  'current_localtime',
  'current_localtimestamp',
]);
const harmlessMacros =
  /^(list_|array_|map_|md5_number|nullif$|fdiv$|fmod$|date_add$|geomean$|geometric_mean$)/;

export function createSafeSql(deps: { tables: Pick<TableEngine, 'query'> }): SafeSql {
  let functions: Promise<Functions> | undefined;

  async function parse(sql: string): Promise<Node | string> {
    const [row] = await deps.tables.query(
      'SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR)) AS VARCHAR) AS tree',
      [sql],
    );
    const tree = JSON.parse(String(row?.tree)) as {
      error: boolean;
      error_message?: string;
      statements?: Node[];
    };
    if (tree.error) return tree.error_message ?? 'it is not SQL';
    const [statement] = tree.statements ?? [];
    if (statement === undefined || tree.statements?.length !== 1) return 'it is not a single SELECT';
    return statement.node as Node;
  }

  return {
    async queryProblem(query, table) {
      const tree = await parse(query);
      if (typeof tree === 'string') return tree;
      functions ??= readFunctions(deps.tables);
      return treeProblem(tree, new Set([table, ...namedQueries(tree)]), await functions);
    },

    async expressionProblem(expression) {
      // On a line of its own, so that a comment at its end cannot swallow the bracket.
      const tree = await parse(`SELECT 1 FROM one_row WHERE (\n${expression}\n)`);
      if (typeof tree === 'string') return tree;
      if (!isPlainFilter(tree)) return 'it is not one condition';
      functions ??= readFunctions(deps.tables);
      const known = await functions;
      return treeProblem(tree, new Set(['one_row']), known) ?? rowProblem(tree.where_clause, known);
    },

    async patternProblem(pattern) {
      try {
        await deps.tables.query(`SELECT regexp_matches('', CAST($1 AS VARCHAR))`, [pattern]);
        return undefined;
      } catch (error) {
        const problem = engineProblem(error);
        if (problem === undefined) throw error;
        return problem;
      }
    },
  };
}

interface Functions {
  readonly allowed: ReadonlySet<string>;
  readonly aggregates: ReadonlySet<string>;
}

async function readFunctions(tables: Pick<TableEngine, 'query'>): Promise<Functions> {
  const rows = await tables.query(`
    SELECT function_name AS name, function_type AS type,
      bool_and(coalesce(stability, '') = 'CONSISTENT') AS consistent
    FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro') GROUP BY ALL`);
  const allowed = new Set<string>();
  const aggregates = new Set<string>();
  for (const { name, type, consistent } of rows) {
    const text = String(name);
    if (type === 'aggregate') aggregates.add(text);
    const harmless = type === 'macro' ? harmlessMacros.test(text) : consistent === true;
    if (harmless && !refusedFunctions.has(text)) allowed.add(text);
  }
  return { allowed, aggregates };
}

function treeProblem(tree: Node, tables: ReadonlySet<string>, functions: Functions): string | undefined {
  for (const node of nodesOf(tree)) {
    const problem = isTableReference(node) ? tableProblem(node, tables) : functionProblem(node, functions);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isTableReference(node: Node): boolean {
  return 'sample' in node && 'alias' in node && 'type' in node;
}

function tableProblem(node: Node, tables: ReadonlySet<string>): string | undefined {
  const type = String(node.type);
  if (!tableReferences.has(type)) return `${type.toLowerCase()} is not allowed`;
  if (node.sample !== null) return 'sampling is not allowed: the answer would change from run to run';
  if (type === 'TABLE_FUNCTION') {
    const name = String((node.function as Node | undefined)?.function_name);
    return tableFunctions.has(name) ? undefined : `the table function ${name} is not allowed`;
  }
  if (type !== 'BASE_TABLE') return undefined;
  const name = String(node.table_name);
  const qualified = node.schema_name !== '' || node.catalog_name !== '' || node.at_clause !== null;
  return tables.has(name) && !qualified ? undefined : `it may not read ${name}`;
}

function functionProblem(node: Node, functions: Functions): string | undefined {
  if (node.class !== 'FUNCTION' && node.class !== 'WINDOW') return undefined;
  const name = String(node.function_name).toLowerCase();
  if (node.class === 'WINDOW' || tableFunctions.has(name)) return undefined;
  const known = functions.allowed.has(name);
  return known ? undefined : `the function ${name} is not allowed`;
}

function isPlainFilter(tree: Node): boolean {
  const from = tree.from_table as Node | null;
  const plain = tree.type === 'SELECT_NODE' && from?.type === 'BASE_TABLE' && from.table_name === 'one_row';
  const parts = [tree.modifiers, tree.group_expressions];
  const empty = parts.every((part) => Array.isArray(part) && part.length === 0);
  return plain && empty && tree.having === null && tree.qualify === null && tree.where_clause !== null;
}

function rowProblem(condition: unknown, functions: Functions): string | undefined {
  for (const node of nodesOf(condition)) {
    if (node.class === 'SUBQUERY') return 'a condition on a row has no subquery';
    if (node.class === 'WINDOW') return 'a condition on a row has no window';
    if (node.class === 'PARAMETER') return 'a condition has no parameters';
    const name = String(node.function_name).toLowerCase();
    if (node.class === 'FUNCTION' && functions.aggregates.has(name)) return `${name} is not about one row`;
  }
  return undefined;
}

function namedQueries(tree: Node): readonly string[] {
  const names: string[] = [];
  for (const node of nodesOf(tree)) {
    const entries = (node.cte_map as { map?: readonly Node[] } | undefined)?.map ?? [];
    for (const entry of entries) names.push(String(entry.key));
  }
  return names;
}

function* nodesOf(value: unknown): Generator<Node> {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value)) yield value as Node;
  for (const child of Object.values(value)) yield* nodesOf(child);
}
