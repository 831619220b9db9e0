import { useRouteError } from 'react-router';
import { ErrorNotice } from '../components/error-notice.tsx';

/** Stands in for a page that threw while it was drawn; the frame around it stays. */
export function BrokenPage() {
  return <ErrorNotice error={useRouteError()} retry={() => window.location.reload()} />;
}
