import { createClient, createHttpTransport, type EsteiraClient, type Transport } from '@esteira/sdk';

/**
 * A second person, who signs in by a link of her own: consent to a change is never one's own, and a service account made by
 * the requester would count as the requester.
 */
export async function addReviewer(owner: EsteiraClient, url: string): Promise<EsteiraClient> {
  const name = 'reviewer';
  const { items } = await owner.governance.listUsers();
  const reviewer =
    items.find((user) => user.name === name) ??
    (await owner.governance.createUser({ body: { name, roles: ['approver'] } }));
  const link = await owner.governance.createSignInLink({ body: { userId: reviewer.id } });
  const { cookie, csrfToken } = await signIn(url, link.path.split('/').at(-1) ?? '');
  return createClient({
    transport: withCookie(createHttpTransport(url), cookie),
    csrfToken: () => csrfToken,
  });
}

async function signIn(url: string, secret: string): Promise<{ cookie: string; csrfToken: string }> {
  const response = await fetch(`${url}/api/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ secret }),
  });
  const body = (await response.json()) as { csrfToken?: string };
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (!response.ok || cookie === undefined || body.csrfToken === undefined)
    throw new Error(`the reviewer could not sign in: ${response.status}`);
  return { cookie, csrfToken: body.csrfToken };
}

function withCookie(transport: Transport, cookie: string): Transport {
  return { send: (request) => transport.send({ ...request, headers: { ...request.headers, cookie } }) };
}
