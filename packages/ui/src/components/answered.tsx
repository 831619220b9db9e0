import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Pages } from '../api/use-answer.ts';
import { useMessages } from '../messages/use-messages.tsx';
import { ErrorNotice } from './error-notice.tsx';
import { PageHeader } from './page-header.tsx';

interface AnsweredProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** Lines of the skeleton shown while the answer is awaited. */
  readonly lines?: number;
  readonly children: (data: Data) => ReactNode;
}

/** Shows an answer when it is there; a skeleton before, the problem when it failed. */
export function Answered<Data>({ query, lines = 5, children }: AnsweredProps<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorNotice error={query.error} retry={() => void query.refetch()} />;
  return <LoadingLines lines={lines} />;
}

/** The same for what a whole page is about: where it failed, the page has a heading too. */
export function AnsweredPage<Data>({ query, children }: Pick<AnsweredProps<Data>, 'query' | 'children'>) {
  const { t } = useMessages();
  const hasFailed = query.data === undefined && query.error !== null;
  return (
    <>
      {hasFailed ? <PageHeader title={t('state.failed')} /> : null}
      <Answered query={query} lines={10}>
        {children}
      </Answered>
    </>
  );
}

interface ListedProps<Item> {
  readonly pages: Pages<Item>;
  readonly empty: ReactNode;
  readonly children: (items: readonly Item[]) => ReactNode;
}

/** The same for a list, with the state of having nothing. */
export function Listed<Item>({ pages, empty, children }: ListedProps<Item>) {
  if (pages.items !== undefined) return pages.items.length === 0 ? empty : children(pages.items);
  if (pages.error) return <ErrorNotice error={pages.error} retry={pages.retry} />;
  return <LoadingLines lines={8} />;
}

/** Per cent; each its own, so that the lines look like text. */
const widths = [92, 74, 83, 61, 88, 69, 79, 57, 86, 65] as const;

export function LoadingLines({ lines }: { readonly lines: number }) {
  const { t } = useMessages();
  return (
    <Stack gap={8} p="sm" role="status" aria-label={t('state.loading')}>
      {widths.slice(0, lines).map((width) => (
        <Skeleton key={width} height={14} width={`${width}%`} />
      ))}
    </Stack>
  );
}
