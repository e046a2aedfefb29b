// What is shown before anything has arrived: how to send a first event.
import { Code, Stack, Text } from "@mantine/core";
import { Block, Empty } from "../shared/pieces";

const EVENT = `{"userId": "ann", "event": "Product Viewed"}`;

function command(): string {
  return [
    `curl ${location.origin}/v1/track \\`,
    `  -H "Authorization: Bearer $WRITE_KEY" \\`,
    `  -d '${EVENT}'`,
  ].join("\n");
}

/** How to send a first event to this very server. */
export function FirstEvent() {
  return (
    <Empty title="Nothing has arrived yet">
      <Stack gap="sm" ta="start">
        <Text size="sm" ta="center">
          This page fills by itself. Send a first event, and look here:
        </Text>
        <Block text={command()} what="the command" />
        <Text size="sm">
          <Code>tailorbird init</Code> showed a write key; <Code>tailorbird keys create shop</Code>{" "}
          makes another. Libraries made for Segment work as they are when they get this address and
          that key.
        </Text>
      </Stack>
    </Empty>
  );
}
