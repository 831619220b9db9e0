import { type Say, useMessages } from '../../messages/use-messages.tsx';

const known = ['primary', 'canary', 'shadow', 'probe', 'fallback'] as const;

/** An arm of an endpoint in words. */
export function armNameText(name: string, t: Say): string {
  const arm = known.find((candidate) => candidate === name);
  return arm ? t(`endpoint.arm.${arm}`) : name;
}

export function ArmName({ name }: { readonly name: string }) {
  const { t } = useMessages();
  return <span>{armNameText(name, t)}</span>;
}
