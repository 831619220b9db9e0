import { Tooltip } from '@mantine/core';
import { useMessages } from '../messages/use-messages.tsx';
import { useNow } from './use-now.ts';

/** A moment: how long ago when it is near, the date otherwise; exact when pointed at. */
export function TimeText({ at }: { readonly at: number | null | undefined }) {
  const { format } = useMessages();
  const now = useNow(30_000);
  if (at === null || at === undefined) return <span className="faint">–</span>;
  const near = Math.abs(now - at) < 36 * 3_600_000;
  return (
    <Tooltip label={format.exactTime(at)}>
      <time dateTime={new Date(at).toISOString()} className="number" style={{ whiteSpace: 'nowrap' }}>
        {near ? format.relative(at, now) : format.dateTime(at)}
      </time>
    </Tooltip>
  );
}

/** The same for lists of thousands, in which a tooltip for each would be felt. */
export function LightTime({ at }: { readonly at: number }) {
  const { format } = useMessages();
  const now = useNow(30_000);
  const near = Math.abs(now - at) < 36 * 3_600_000;
  return (
    <time dateTime={new Date(at).toISOString()} className="number" title={format.exactTime(at)}>
      {near ? format.relative(at, now) : format.dateTime(at)}
    </time>
  );
}

/** How long something took, or has taken so far. */
export function DurationText({
  from,
  until,
}: {
  readonly from: number | null | undefined;
  readonly until: number | null | undefined;
}) {
  const { format } = useMessages();
  const now = useNow(1000, typeof from === 'number' && typeof until !== 'number');
  if (typeof from !== 'number') return <span className="faint">–</span>;
  return (
    <span className="number" style={{ whiteSpace: 'nowrap' }}>
      {format.duration(Math.max(0, (until ?? now) - from))}
    </span>
  );
}
