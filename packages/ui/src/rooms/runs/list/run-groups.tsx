import { filterText, runFieldText } from '@esteira/contracts';
import { Table, Text } from '@mantine/core';
import { Fragment, useState } from 'react';
import type { Answer } from '../../../api/answers.ts';
import { useAnswer, usePages } from '../../../api/use-answer.ts';
import { Answered } from '../../../components/answered.tsx';
import type { Column } from '../../../components/data-table.tsx';
import { EmptyState } from '../../../components/empty-state.tsx';
import { metricName } from '../../../components/metric-name.tsx';
import { PagedTable } from '../../../components/paged-table.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import { metricText } from '../metric-text.ts';
import type { ColumnChoice } from './list-question.ts';
import { columnLabel, runColumn } from './run-columns.tsx';
import { readRunField } from './run-field.ts';
import type { ListedRun, RunScope } from './use-run-list.ts';

type Group = Answer<'tracking', 'groupRuns'>['groups'][number];

interface RunGroupsProps {
  readonly scope: RunScope;
  readonly by: string;
  readonly order: string;
  readonly columns: readonly ColumnChoice[];
}

const mostGroups = 200;
const mostMeasured = 20;

/** Runs by the value of a field: how many, what they measured, and at a click the runs themselves. */
export function RunGroups({ scope, by, order, columns }: RunGroupsProps) {
  const { t, format } = useMessages();
  const [open, setOpen] = useState<ReadonlySet<string | null>>(new Set());
  const metrics = columns
    .flatMap(({ field }) => {
      const known = readRunField(field);
      return known?.kind === 'metric' ? [known.name] : [];
    })
    .slice(0, mostMeasured);
  const groups = useAnswer('tracking', 'groupRuns', {
    query: {
      ...scope,
      by,
      limit: mostGroups,
      ...(metrics.length === 0
        ? {}
        : { metrics: metrics.map((name) => runFieldText({ kind: 'metric', name })).join(',') }),
    },
  });
  return (
    <Answered query={groups} lines={8}>
      {(answer) =>
        answer.groups.length === 0 ? (
          <EmptyState title={t('runs.noneFound')} hint={t('runs.noneFoundHint')} />
        ) : (
          <>
            <Table
              className="data-table"
              aria-label={t('groups.title')}
              verticalSpacing={5}
              horizontalSpacing={12}
            >
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{columnLabel(by, t)}</Table.Th>
                  <Table.Th scope="col" data-align="right">
                    {t('runs.title')}
                  </Table.Th>
                  {metrics.map((name) => (
                    <Table.Th key={name} scope="col" data-align="right">
                      {metricName(name, t)} <span className="group-range">{t('groups.measures')}</span>
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {answer.groups.map((group) => {
                  const isOpen = open.has(group.value);
                  return (
                    <Fragment key={JSON.stringify(group.value)}>
                      <Table.Tr className="group-row">
                        <Table.Td>
                          <button
                            type="button"
                            className="group-toggle"
                            aria-expanded={isOpen}
                            onClick={() => toggle(group.value)}
                          >
                            {group.value ?? <span className="faint">{t('groups.none')}</span>}
                          </button>
                        </Table.Td>
                        <Table.Td data-align="right">{format.integer(group.runs)}</Table.Td>
                        {metrics.map((name) => (
                          <Table.Td key={name} data-align="right">
                            <Measured measure={group.metrics[name]} />
                          </Table.Td>
                        ))}
                      </Table.Tr>
                      {isOpen ? (
                        <Table.Tr className="group-runs">
                          <Table.Td colSpan={2 + metrics.length}>
                            <RunsOfGroup
                              scope={withinGroup(scope, by, group.value)}
                              order={order}
                              columns={columns}
                            />
                          </Table.Td>
                        </Table.Tr>
                      ) : null}
                    </Fragment>
                  );
                })}
              </Table.Tbody>
            </Table>
            <div className="run-count">
              {answer.total > answer.groups.length
                ? t('groups.some', { shown: answer.groups.length, total: answer.total })
                : t('groups.count', { count: answer.total })}
            </div>
          </>
        )
      }
    </Answered>
  );

  function toggle(value: string | null): void {
    const next = new Set(open);
    if (!next.delete(value)) next.add(value);
    setOpen(next);
  }
}

function Measured({ measure }: { readonly measure: Group['metrics'][string] | undefined }) {
  const { format } = useMessages();
  if (measure === undefined) return <>–</>;
  const text = (value: typeof measure.mean) => metricText(value, format.metric);
  return (
    <>
      {text(measure.mean)}{' '}
      <span className="group-range">
        {text(measure.min)} – {text(measure.max)}
      </span>
    </>
  );
}

function RunsOfGroup({
  scope,
  order,
  columns,
}: {
  readonly scope: RunScope;
  readonly order: string;
  readonly columns: readonly ColumnChoice[];
}) {
  const messages = useMessages();
  const { t } = messages;
  const pages = usePages('tracking', 'searchRuns', {
    query: { ...scope, limit: 50, ...(order ? { orderBy: order } : {}) },
  });
  const shown = columns.flatMap((choice): Column<ListedRun>[] => {
    const column = runColumn(choice, messages);
    if (column === undefined) return [];
    const { key, header, cell, align } = column;
    return [{ key, header, cell, ...(align === undefined ? {} : { align }) }];
  });
  return (
    <PagedTable
      label={t('runs.title')}
      pages={pages}
      empty={
        <Text size="sm" c="dimmed" p="xs">
          {t('runs.noneFound')}
        </Text>
      }
      columns={shown}
      rowKey={({ id }) => id}
    />
  );
}

/** The scope narrowed to one group: what the filter says, and the value of the field. */
function withinGroup(scope: RunScope, by: string, value: string | null): RunScope {
  const condition = value === null ? `${by} is null` : `${by} = ${filterText(value)}`;
  return { ...scope, filter: scope.filter ? `${scope.filter} and ${condition}` : condition };
}
