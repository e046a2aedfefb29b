// What happened, the newest first.
import { Collapse, Group, Skeleton, Stack, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import type { Fact, Values } from "../api/types";
import { Block, Instant, Older, Panel, Trouble } from "../shared/pieces";
import { shownValue } from "../shared/shown";
import { useTimeline } from "./asking";
import { factName } from "./fact-names";

export function TimelinePanel({ id, asOf }: { id: string; asOf: number }) {
  const timeline = useTimeline(id, asOf);
  const facts = timeline.data?.pages.flatMap((page) => page.facts) ?? [];
  return (
    <Panel title="Timeline" says="What happened and what was told, the newest first">
      {timeline.error && !timeline.data && (
        <Trouble error={timeline.error} again={() => timeline.refetch()} />
      )}
      {timeline.isPending && !timeline.error && <Skeleton h={160} />}
      {timeline.data && facts.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing yet.
        </Text>
      )}
      <Stack gap={0} component="ol" m={0} p={0} style={{ listStyle: "none" }}>
        {facts.map((fact) => (
          <Entry key={`${fact.id} ${fact.time}`} fact={fact} />
        ))}
      </Stack>
      <Older of={timeline} />
    </Panel>
  );
}

function shortly(properties: Values): string {
  const parts = Object.entries(properties).map(([name, value]) => `${name}: ${shownValue(value)}`);
  const text = parts.join(" · ");
  return text.length > 140 ? `${text.slice(0, 139)}…` : text;
}

function Entry({ fact }: { fact: Fact }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li style={{ borderTop: "1px solid var(--mantine-color-default-border)" }}>
      <UnstyledButton w="100%" py={8} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Group justify="space-between" wrap="nowrap" gap="sm" align="baseline">
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
              {factName(fact)}
            </Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {shortly(fact.properties)}
            </Text>
          </div>
          <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
            <Instant at={fact.time} />
          </Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        {isOpen && (
          <div style={{ paddingBottom: 10 }}>
            <Block text={JSON.stringify(fact, null, 2)} what={`all of ${fact.name}`} />
          </div>
        )}
      </Collapse>
    </li>
  );
}
