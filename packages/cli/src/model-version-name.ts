import type { EsteiraClient } from '@esteira/sdk';
import type { CommandContext } from './command-context.ts';

type ModelVersion = Awaited<ReturnType<EsteiraClient['registry']['versionById']>>;

/** Finds a version by `model@number`, `model@alias` or its id. */
export async function findModelVersion(context: CommandContext, text: string): Promise<ModelVersion> {
  const { registry } = context.client();
  const at = text.lastIndexOf('@');
  if (at < 1) return await registry.versionById({ params: { id: text } });
  return await registry.version({ params: { name: text.slice(0, at), version: text.slice(at + 1) } });
}
