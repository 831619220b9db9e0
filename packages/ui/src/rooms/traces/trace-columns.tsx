import type { ListItem } from '../../api/answers.ts';
import { Clamped } from '../../components/clamped.tsx';
import type { Column } from '../../components/data-table.tsx';
import { shortId } from '../../components/short-id.ts';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import type { Say } from '../../messages/use-messages.tsx';
import { traceState } from './trace-state.ts';

export type ListedTrace = ListItem<'llm', 'listTraces'>;

/** What every list of traces tells of one. */
export function traceColumns(t: Say) {
  return {
    name: {
      key: 'name',
      header: t('word.name'),
      cell: (trace) => <TextLink to={`/traces/${trace.id}`}>{trace.name ?? shortId(trace.id)}</TextLink>,
    },
    state: {
      key: 'state',
      header: t('word.status'),
      cell: (trace) => <StatusBadge status={traceState(trace.state)} />,
    },
    startedAt: {
      key: 'at',
      header: t('word.started'),
      cell: (trace) => <TimeText at={trace.requestedAt} />,
    },
    request: {
      key: 'request',
      header: t('traces.request'),
      grow: true,
      cell: (trace) => <Clamped>{trace.requestPreview ?? '–'}</Clamped>,
    },
  } satisfies Readonly<Record<string, Column<ListedTrace>>>;
}
