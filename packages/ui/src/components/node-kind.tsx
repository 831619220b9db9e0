import type { NodeRef, Reference } from '@esteira/contracts';
import { en } from '../messages/en.ts';
import { type MessageKey, type Say, useMessages } from '../messages/use-messages.tsx';
import { nodeAddress } from './node-address.ts';
import { IdText, TextLink } from './text-link.tsx';

/** The kind of a thing as a link to its page, where it has one. */
export function NodeKindLink({ node }: { readonly node: NodeRef }) {
  const { t } = useMessages();
  const address = nodeAddress(node);
  const words = t(`node.${node.kind}`);
  return address ? <TextLink to={address}>{words}</TextLink> : <span title={node.id}>{words}</span>;
}

/** A thing a pipeline step made or read: kind in words, id as a link where it has a page. */
export function ReferenceLink({ reference }: { readonly reference: Reference }) {
  const { t } = useMessages();
  const { type, id } = reference;
  const address = type === 'validation-run' ? `/validation-runs/${id}` : nodeAddress({ kind: type, id });
  return (
    <span>
      {t(`node.${type}`)} {address ? <TextLink to={address}>{id}</TextLink> : <IdText id={id} />}
    </span>
  );
}

/** The kind of anything in words; as it is written where it has none. */
export function kindText(kind: string, t: Say): string {
  const key = `node.${kind}`;
  return key in en ? t(key as Extract<MessageKey, `node.${string}`>) : kind;
}

/** The kind of a thing as a heading: `Model version`. */
export function nodeTitle(kind: NodeRef['kind'], t: Say): string {
  const words = t(`node.${kind}`);
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}
