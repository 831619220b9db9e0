/** Every REST route that needs an inference key; what is not here and not a probe does not exist, and is refused alike. */
export const inferenceRoutes: readonly { readonly method: 'GET' | 'POST'; readonly path: string }[] = [
  { method: 'GET', path: '/v2' },
  { method: 'GET', path: '/v2/models/:model' },
  { method: 'GET', path: '/v2/models/:model/ready' },
  { method: 'POST', path: '/v2/models/:model/infer' },
  { method: 'GET', path: '/v2/models/:model/versions/:version' },
  { method: 'GET', path: '/v2/models/:model/versions/:version/ready' },
  { method: 'POST', path: '/v2/models/:model/versions/:version/infer' },
];
