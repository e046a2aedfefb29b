// What happened, the newest first.
import { Collapse, Group, Skeleton, Stack, Text, UnstyledButton } from "@mantine/core";
import { Fragment, useState } from "react";
import type { Fact, Values } from "../api/types";
import { Block, Instant, Older, Panel, Said, Trouble } from "../shared/pieces";
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

const SHORT = 140;

/** The beginning of what a fact says, each property for itself: texts go in either direction. */
function Shortly({ properties }: { properties: Values }) {
  const parts: string[] = [];
  let left = SHORT;
  for (const [name, value] of Object.entries(properties)) {
    if (left <= 0) break;
    const text = `${name}: ${shownValue(value)}`;
    parts.push(text.length > left ? `${text.slice(0, left - 1)}…` : text);
    left -= text.length;
  }
  return parts.map((part, place) => (
    <Fragment key={part}>
      {place > 0 && " · "}
      <Said>{part}</Said>
    </Fragment>
  ));
}

function Entry({ fact }: { fact: Fact }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li style={{ borderTop: "1px solid var(--mantine-color-default-border)" }}>
      <UnstyledButton w="100%" py={8} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Group justify="space-between" wrap="nowrap" gap="sm" align="baseline">
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
              <Said>{factName(fact)}</Said>
            </Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              <Shortly properties={fact.properties} />
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
