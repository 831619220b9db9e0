import { Group, Tooltip } from '@mantine/core';
import { CopyAction } from './command-line.tsx';

/** The beginning of a digest or an id; whole when pointed at, and to copy. */
export function DigestText({ digest, length = 12 }: { readonly digest: string; readonly length?: number }) {
  const short = digest.replace(/^sha256:/, '');
  return (
    <Group gap={2} wrap="nowrap" component="span" display="inline-flex">
      <Tooltip label={<span className="mono wrap-anywhere">{digest}</span>}>
        <span className="mono">{short.length > length ? `${short.slice(0, length)}…` : short}</span>
      </Tooltip>
      <CopyAction text={digest} />
    </Group>
  );
}
