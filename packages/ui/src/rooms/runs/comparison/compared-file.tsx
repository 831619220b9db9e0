import { Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { LoadingLines } from '../../../components/answered.tsx';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { ErrorNotice } from '../../../components/error-notice.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import { type ComparedColumn, compareTables } from './compare-tables.ts';
import type { ComparedFile, Comparison } from './compared.ts';
import { diffLines, nearDifferences } from './text-diff.ts';
import './compared-file.css';

/** Bytes of a file that are compared here. */
const most = 2_000_000;
const mostLines = 2_000;
const around = 3;
const isImage = /\.(png|jpe?g|gif|webp|svg)$/i;
const isTable = /\.csv$/i;

/** A file of two of the runs: images beside each other, tables by their columns, texts by their lines. */
export function ComparedFileView({
  comparison,
  file,
}: {
  readonly comparison: Comparison;
  readonly file: ComparedFile;
}) {
  const { t } = useMessages();
  const having = comparison.runs.filter((_, place) => file.values[place] != null);
  const [leftId, setLeft] = useState(having[0]?.id ?? '');
  const [rightId, setRight] = useState(otherThan(comparison, file, having[0]?.id ?? ''));
  const options = having.map(({ id, name }) => ({ value: id, label: name }));
  const addresses = [leftId, rightId].map(
    (id) => `/api/v1/runs/${id}/artifact?path=${encodeURIComponent(file.name)}`,
  );
  return (
    <Stack gap="sm">
      <Group grow>
        <NativeSelect
          aria-label={t('compare.left')}
          data={options}
          value={leftId}
          onChange={(event) => setLeft(event.currentTarget.value)}
        />
        <NativeSelect
          aria-label={t('compare.right')}
          data={options}
          value={rightId}
          onChange={(event) => setRight(event.currentTarget.value)}
        />
      </Group>
      {isImage.test(file.name) ? (
        <Group grow align="flex-start">
          {addresses.map((address, place) => (
            <img
              key={place === 0 ? 'left' : 'right'}
              className="compared-image"
              src={address}
              alt={`${file.name}, ${options.find(({ value }) => value === [leftId, rightId][place])?.label ?? ''}`}
            />
          ))}
        </Group>
      ) : (
        <Texts path={file.name} addresses={addresses} />
      )}
    </Stack>
  );
}

/** A run that has the file otherwise, or the second that has it at all. */
function otherThan({ runs }: Comparison, { values }: ComparedFile, id: string): string {
  const own = values[runs.findIndex((run) => run.id === id)];
  const others = runs.filter((run, place) => values[place] != null && run.id !== id);
  const differing = others.find((run) => values[runs.indexOf(run)] !== own);
  return (differing ?? others[0])?.id ?? id;
}

function Texts({ path, addresses }: { readonly path: string; readonly addresses: readonly string[] }) {
  const { t } = useMessages();
  const { texts, error, isLoading } = useQueries({
    queries: addresses.map((address) => ({
      queryKey: ['artifact-text', address],
      queryFn: ({ signal }: { signal: AbortSignal }) => readText(address, signal),
    })),
    combine: (answers) => ({
      texts: answers.map(({ data }) => data),
      error: answers.find((answer) => answer.error)?.error,
      isLoading: answers.some((answer) => answer.isLoading),
    }),
  });
  if (error) return <ErrorNotice error={error} />;
  if (isLoading) return <LoadingLines lines={6} />;
  const [left, right] = texts;
  if (left == null || right == null) return <Text size="sm">{t('compare.noText')}</Text>;
  if (left === right) return <Text size="sm">{t('compare.same')}</Text>;
  return (
    <>
      {isTable.test(path) ? <Tables left={left} right={right} /> : null}
      <Lines left={left} right={right} />
    </>
  );
}

/** Null where it is no text, or too much of it. */
async function readText(address: string, signal: AbortSignal): Promise<string | null> {
  const response = await fetch(address, { signal });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  if (Number(response.headers.get('content-length') ?? 0) > most) {
    await response.body?.cancel();
    return null;
  }
  const text = await response.text();
  return text.includes('\0') ? null : text;
}

function Lines({ left, right }: { readonly left: string; readonly right: string }) {
  const { t } = useMessages();
  const lines = nearDifferences(diffLines(left, right), around);
  return (
    <>
      <pre className="compared-lines">
        {lines.slice(0, mostLines).map(({ place, line }) => (
          <span key={place} className={line?.kind ?? 'left-out'}>
            {line === undefined ? '⋯' : `${signs[line.kind]} ${line.text}`}
            {'\n'}
          </span>
        ))}
      </pre>
      {lines.length > mostLines ? (
        <Text size="xs" c="dimmed">
          {t('compare.moreLines', { count: lines.length - mostLines })}
        </Text>
      ) : null}
    </>
  );
}

const signs = { same: ' ', removed: '-', added: '+' } as const;

function Tables({ left, right }: { readonly left: string; readonly right: string }) {
  const { t, format } = useMessages();
  const { rows, columns } = compareTables(left, right);
  const mean = (value: number | undefined) => (value === undefined ? '–' : format.number(value));
  const shown: readonly Column<ComparedColumn>[] = [
    {
      key: 'name',
      header: t('compare.column'),
      grow: true,
      cell: ({ name }) => <span className="mono">{name}</span>,
    },
    {
      key: 'differing',
      header: t('compare.differingRows'),
      align: 'right',
      cell: (column) =>
        column.in === 'both' ? format.integer(column.differing) : t(`compare.only.${column.in}`),
    },
    { key: 'left', header: t('compare.meanLeft'), align: 'right', cell: ({ means }) => mean(means[0]) },
    { key: 'right', header: t('compare.meanRight'), align: 'right', cell: ({ means }) => mean(means[1]) },
  ];
  return (
    <>
      <Text size="sm">{t('compare.rows', { left: rows[0], right: rows[1] })}</Text>
      <DataTable label={t('compare.column')} columns={shown} rows={columns} rowKey={({ name }) => name} />
    </>
  );
}
