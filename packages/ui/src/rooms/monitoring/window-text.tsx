import { useMessages } from '../../messages/use-messages.tsx';

/** A monitoring window by its days, which are those of UTC. */
export function WindowText({ start, end }: { readonly start: number | null; readonly end: number | null }) {
  const { format } = useMessages();
  if (start === null || end === null) return <span className="faint">–</span>;
  return (
    <span className="number" title={`${format.exactTime(start)} – ${format.exactTime(end)}`}>
      {format.window(start, end)}
    </span>
  );
}
