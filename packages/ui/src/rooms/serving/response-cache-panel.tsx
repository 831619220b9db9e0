import type { ResponseCache } from '@esteira/contracts';
import { Button, Checkbox, Group, NumberInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

const mebibyte = 1024 ** 2;

/** Whether answers are kept for equal questions, how long and in how much memory; who may change the endpoint sets it. */
export function ResponseCachePanel({ endpoint }: { readonly endpoint: Answer<'serving', 'endpoint'> }) {
  const { t, format } = useMessages();
  const mayWrite = useMay('serving:write');
  const { cache } = endpoint.desired;
  return (
    <Panel title={t('endpoint.cache')} hint={t('endpoint.cacheHint')}>
      <QuietText>
        {cache === undefined
          ? t('endpoint.cacheOff')
          : t('endpoint.cacheFor', {
              time: format.duration(cache.ttlSeconds * 1000),
              size: format.bytes(cache.maxBytes),
            })}
      </QuietText>
      {mayWrite ? <CacheForm key={JSON.stringify(cache)} endpoint={endpoint.name} cache={cache} /> : null}
    </Panel>
  );
}

interface CacheFormProps {
  readonly endpoint: string;
  readonly cache: ResponseCache | undefined;
}

function CacheForm({ endpoint, cache }: CacheFormProps) {
  const { t } = useMessages();
  const [seconds, setSeconds] = useState<number | string>(cache?.ttlSeconds ?? 60);
  const [mebibytes, setMebibytes] = useState<number | string>((cache?.maxBytes ?? 64 * mebibyte) / mebibyte);
  const [isDeterministic, setIsDeterministic] = useState(cache?.deterministic ?? false);
  const set = useAction('serving', 'setResponseCache');

  function keep(next: ResponseCache | null): void {
    set.mutate({ params: { name: endpoint }, body: { cache: next } });
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    keep({
      ttlSeconds: Number(seconds),
      maxBytes: Math.round(Number(mebibytes) * mebibyte),
      ...(isDeterministic ? { deterministic: true } : {}),
    });
  }

  return (
    <form onSubmit={submit} aria-label={t('endpoint.cache')}>
      <Group gap="xs" mt="xs" align="flex-end">
        <NumberInput
          label={t('endpoint.cacheSeconds')}
          value={seconds}
          onChange={setSeconds}
          min={1}
          max={86_400}
          allowDecimal={false}
          w={130}
        />
        <NumberInput
          label={t('endpoint.cacheMebibytes')}
          value={mebibytes}
          onChange={setMebibytes}
          min={1}
          max={1024}
          w={170}
        />
      </Group>
      <Checkbox
        mt="xs"
        label={t('endpoint.cacheDeterministic')}
        checked={isDeterministic}
        onChange={(event) => setIsDeterministic(event.currentTarget.checked)}
      />
      <Group gap="xs" mt="sm">
        <Button type="submit" loading={set.isPending} disabled={seconds === '' || mebibytes === ''}>
          {t(cache === undefined ? 'endpoint.cacheOn' : 'endpoint.cacheSet')}
        </Button>
        {cache === undefined ? null : (
          <Button variant="default" loading={set.isPending} onClick={() => keep(null)}>
            {t('endpoint.cacheEnd')}
          </Button>
        )}
      </Group>
      {set.error ? <ErrorNotice error={set.error} /> : null}
    </form>
  );
}
