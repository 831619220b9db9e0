import { Navigate, useParams } from 'react-router';

/** The address that MLflow's client prints for a run. */
export function RunAddress() {
  const { id = '' } = useParams();
  return <Navigate to={`/runs/${encodeURIComponent(id)}`} replace />;
}
