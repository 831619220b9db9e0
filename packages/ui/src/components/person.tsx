import { useMay, useSession } from '../api/session.tsx';
import { useAnswer } from '../api/use-answer.ts';

/** Who did something, by name where the reader may see names, by id otherwise. */
export function Person({ id }: { readonly id: string }) {
  const { me } = useSession();
  const mayRead = useMay('users:read');
  const users = useAnswer('governance', 'listUsers', { query: { limit: 1000 } }, { enabled: mayRead });
  const name = id === me.id ? me.name : users.data?.items.find((user) => user.id === id)?.name;
  return <span title={id}>{name ?? id}</span>;
}
