import type { ListItem } from '../../api/answers.ts';
import { LoadMore, type More } from '../../components/load-more.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import './span-tree.css';

export type Span = ListItem<'llm', 'listSpans'>;

interface SpanTreeProps {
  readonly spans: readonly Span[];
  readonly more: More;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
}

const indentPx = 14;
/** Deeper spans stand at this depth: a tree that leaves the page helps nobody. */
const deepest = 16;

/** The spans as they called each other, each with its time beside the others'. */
export function SpanTree({ spans, more, chosen, onChoose }: SpanTreeProps) {
  const { t, format } = useMessages();
  const began = Math.min(...spans.map(({ startedAt }) => startedAt));
  const length = Math.max(1e-6, Math.max(...spans.map(endOf)) - began);
  return (
    <>
      <ul className="span-tree" aria-label={t('traces.spans')}>
        {spans.map((span) => (
          <li key={span.id}>
            <button
              type="button"
              className="span-row"
              aria-pressed={span.id === chosen}
              onClick={() => onChoose(span.id)}
            >
              <span className="span-name" style={{ paddingLeft: Math.min(span.depth, deepest) * indentPx }}>
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
        ))}
      </ul>
      <LoadMore more={more} />
    </>
  );
}

function endOf(span: Span): number {
  return span.endedAt ?? span.startedAt;
}
