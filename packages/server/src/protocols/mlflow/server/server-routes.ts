import type { WireRoute } from '../../../kernel/wire-route.ts';
import { rpc } from '../rpc.ts';

/** The release whose client and server this protocol was tested against. Clients switch span logging on from 3.4. */
const mlflowVersion = '3.17.2';

/** What clients ask before they ask for anything. */
export function serverRoutes(): readonly WireRoute[] {
  return [
    {
      method: 'GET',
      path: '/version',
      access: 'open',
      body: 'none',
      handle: async () => ({ headers: { 'content-type': 'text/plain; charset=utf-8' }, body: mlflowVersion }),
    },
    ...rpc({
      method: 'GET',
      version: '3.0',
      path: '/mlflow/server-info',
      access: 'self',
      answer: async () => ({
        store_type: 'SqlStore',
        workspaces_enabled: false,
        trace_archival_enabled: false,
        // Clients that ask for parts by themselves get them both ways. They are not told to: parts and addresses of a bucket are
        // fetched without the certificates a client trusts for this server, and a bucket may be out of its reach; a failure there
        // is final, while a file of any size passes here in one stream.
        multipart_uploads_enabled: false,
        multipart_downloads_enabled: false,
        presigned_upload_run_id_supported: false,
        presigned_upload_model_id_supported: false,
        features_enabled: [],
      }),
    }),
  ];
}
