import type { WireRoute } from '../../../kernel/wire-route.ts';
import { type MultipartDeps, multipartRoutes } from './multipart-routes.ts';
import { type OwnedArtifactDeps, ownedArtifactRoutes } from './owned-artifact-routes.ts';
import { presignedRoutes } from './presigned-routes.ts';
import { proxyRoutes } from './proxy-routes.ts';

export type ArtifactDeps = OwnedArtifactDeps & MultipartDeps;

/** Everything about artifacts: up, down, listed, deleted, in parts, by address. */
export function artifactRoutes(deps: ArtifactDeps): readonly WireRoute[] {
  return [
    ...proxyRoutes(deps.artifacts),
    ...ownedArtifactRoutes(deps),
    ...presignedRoutes(deps.artifacts),
    ...multipartRoutes(deps),
  ];
}
