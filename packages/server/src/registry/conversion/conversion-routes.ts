import { registryApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { Conversions } from './conversions.ts';

export function conversionRoutes(conversions: Conversions): readonly RouteBinding[] {
  return [
    bindRoute(registryApi.convert, async ({ params, body }, context) => ({
      jobId: await conversions.startConversion(context, { model: params.name, ...body }),
    })),
  ];
}
