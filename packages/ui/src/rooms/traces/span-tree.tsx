import { memo, useEffect, useMemo, useRef } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { LoadMore, type More } from '../../components/load-more.tsx';
import { useDrawnRows } from '../../components/use-drawn-rows.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import './span-tree.css';

export type Span = ListItem<'llm', 'listSpans'>;

interface SpanTreeProps {
  readonly spans: readonly Span[];
  readonly more: More;
  readonly chosen: string | undefined;
  /** Stays the same, so that rows are drawn once. */
  readonly onChoose: (id: string) => void;
}

const indentPx = 14;
/** Deeper spans stand at this depth: a tree that leaves the page helps nobody. */
const deepest = 16;
const rowHeight = 30;
/** So many rows before the end of what is here the next page is asked for. */
const ahead = 100;

/**
 * The spans as they called each other, each with its time beside the others'. Only what the window shows is drawn, and the
 * next page is asked for when its end comes near: a trace may have tens of thousands.
 */
export function SpanTree({ spans, more, chosen, onChoose }: SpanTreeProps) {
  const { t } = useMessages();
  const place = useRef<HTMLDivElement>(null);
  const { drawn, look } = useDrawnRows(place, { count: spans.length, rowHeight });
  const { began, length } = useMemo(() => extentOf(spans), [spans]);
  const { hasMore, isLoadingMore, loadMore } = more;
  const isAtEnd = drawn.until + ahead >= spans.length && drawn.from > 0;
  useEffect(() => {
    if (isAtEnd && hasMore && !isLoadingMore) loadMore();
  }, [isAtEnd, hasMore, isLoadingMore, loadMore]);
  return (
    <>
      <div ref={place} className="span-window" onScroll={look}>
        <ul className="span-tree" aria-label={t('traces.spans')} style={{ height: spans.length * rowHeight }}>
          {spans.slice(drawn.from, drawn.until).map((span, index) => (
            <SpanRow
              key={span.id}
              span={span}
              at={drawn.from + index}
              of={hasMore ? -1 : spans.length}
              began={began}
              length={length}
              isChosen={span.id === chosen}
              onChoose={onChoose}
            />
          ))}
        </ul>
      </div>
      <LoadMore more={more} />
    </>
  );
}

interface SpanRowProps extends Pick<SpanTreeProps, 'onChoose'> {
  readonly span: Span;
  readonly at: number;
  /** How many there are in all; -1 while nobody knows. */
  readonly of: number;
  readonly began: number;
  readonly length: number;
  readonly isChosen: boolean;
}

const SpanRow = memo(function SpanRow(props: SpanRowProps) {
  const { span, at, of, began, length, isChosen, onChoose } = props;
  const { format } = useMessages();
  return (
    <li style={{ top: at * rowHeight }} aria-posinset={at + 1} aria-setsize={of}>
      <button type="button" className="span-row" aria-pressed={isChosen} onClick={() => onChoose(span.id)}>
        <span
          className="span-name"
          title={span.name}
          style={{ paddingLeft: Math.min(span.depth, deepest) * indentPx }}
        >
          {span.name} <span className="faint">{span.type ?? ''}</span>
        </span>
        <span className="number">
          {span.endedAt === undefined ? '–' : format.duration(span.endedAt - span.startedAt)}
        </span>
        <span className="span-lane">
          <span
            className="span-bar"
            data-status={span.status}
            style={{
              left: `${(100 * (span.startedAt - began)) / length}%`,
              width: `${(100 * (endOf(span) - span.startedAt)) / length}%`,
            }}
          />
        </span>
      </button>
    </li>
  );
});

/** From the first beginning to the last end, in ms. */
function extentOf(spans: readonly Span[]): { readonly began: number; readonly length: number } {
  let began = Number.POSITIVE_INFINITY;
  let ended = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    began = Math.min(began, span.startedAt);
    ended = Math.max(ended, endOf(span));
  }
  return { began, length: Math.max(1e-6, ended - began) };
}

function endOf(span: Span): number {
  return span.endedAt ?? span.startedAt;
}
