import { useMessages } from '../../messages/use-messages.tsx';

/** A monitoring window: one date where it is a day or less, two otherwise. */
export function WindowText({ start, end }: { readonly start: number | null; readonly end: number | null }) {
  const { format } = useMessages();
  if (start === null || end === null) return <span className="faint">–</span>;
  const isDay = end - start === 86_400_000;
  return (
    <span className="number" title={`${format.exactTime(start)} – ${format.exactTime(end)}`}>
      {isDay ? format.date(start) : `${format.dateTime(start)} – ${format.dateTime(end)}`}
    </span>
  );
}
