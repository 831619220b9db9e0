import { ActionIcon, CopyButton, Group, Tooltip } from '@mantine/core';
import { useMessages } from '../messages/use-messages.tsx';
import { CheckIcon, CopyIcon } from './icons.tsx';
import './command-line.css';

/** A line for the terminal, with a button that copies it. */
export function CommandLine({ command }: { readonly command: string }) {
  return (
    <Group gap={4} wrap="nowrap" className="command-line">
      <span className="command-prompt" aria-hidden="true">
        $
      </span>
      <code>{command}</code>
      <CopyAction text={command} />
    </Group>
  );
}

/** A button that copies a text. */
export function CopyAction({ text }: { readonly text: string }) {
  const { t } = useMessages();
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={t(copied ? 'action.copied' : 'action.copy')}>
          <ActionIcon size="xs" variant="subtle" color="gray" onClick={copy} aria-label={t('action.copy')}>
            {copied ? <CheckIcon /> : <CopyIcon />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
