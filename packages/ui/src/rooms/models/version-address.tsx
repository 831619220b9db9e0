import { Navigate, useParams } from 'react-router';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';

/** The address that MLflow's client prints for a version of a registered model. */
export function VersionAddress() {
  const { name = '', version = '' } = useParams();
  const found = useAnswer('registry', 'version', { params: { name, version } });
  return <Answered query={found}>{({ id }) => <Navigate to={`/model-versions/${id}`} replace />}</Answered>;
}
