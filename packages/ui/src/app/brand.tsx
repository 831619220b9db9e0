import { Group, Text } from '@mantine/core';

/** Name and sign of the product: boxes on a conveyor belt. */
export function Brand() {
  return (
    <Group gap={8} wrap="nowrap">
      <img src="/esteira.svg" alt="" width={22} height={22} />
      <Text fw={680} size="lg" lts={-0.2}>
        Esteira
      </Text>
    </Group>
  );
}
