import type { JsonValue } from '@esteira/contracts';
import { Table } from '@mantine/core';
import { describeJson } from './describe-json.ts';
import './data-table.css';

interface RowTableProps {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, JsonValue>>[];
}

/** Rows of data as they are. */
export function RowTable({ label, columns, rows }: RowTableProps) {
  const numbered = rows.map((row, number) => ({ row, number }));
  return (
    <Table className="data-table" aria-label={label} verticalSpacing={3} horizontalSpacing={12}>
      <Table.Thead>
        <Table.Tr>
          {columns.map((column) => (
            <Table.Th
              key={column}
              scope="col"
              className="mono"
              data-align={isNumeric(rows, column) ? 'right' : 'left'}
            >
              {column}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {numbered.map(({ row, number }) => (
          <Table.Tr key={number}>
            {columns.map((column) => (
              <Table.Td key={column} data-align={isNumeric(rows, column) ? 'right' : 'left'}>
                {describeJson(row[column] ?? null)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function isNumeric(rows: readonly Readonly<Record<string, JsonValue>>[], column: string): boolean {
  const filled = rows.find((row) => row[column] !== null && row[column] !== undefined);
  return typeof filled?.[column] === 'number';
}
