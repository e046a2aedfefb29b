// What may be done with data about somebody, by purpose.
import { Group, Stack, Text } from "@mantine/core";
import type { Consent } from "../api/types";
import { CheckIcon, CrossIcon } from "../shared/icons";
import { Instant, Panel } from "../shared/pieces";

const WORDS: Record<string, string> = {
  granted: "agreed",
  "no objection": "did not object",
  "not needed": "needs no consent",
  "nothing said": "said nothing",
  denied: "denied",
  expired: "agreed, but that is over",
  crowd: "too many identifiers to be one person",
};

export function ConsentPanel({ consent }: { consent: Record<string, Consent> }) {
  const purposes = Object.entries(consent);
  return (
    <Panel title="Consent" says="Whether data may be used, by purpose">
      {purposes.length === 0 && (
        <Text size="sm" c="dimmed">
          No purposes are published.
        </Text>
      )}
      <Stack gap="xs">
        {purposes.map(([purpose, told]) => (
          <Purpose key={purpose} purpose={purpose} told={told} />
        ))}
      </Stack>
    </Panel>
  );
}

function Purpose({ purpose, told }: { purpose: string; told: Consent }) {
  return (
    <Group justify="space-between" gap="xs" wrap="nowrap" align="baseline">
      <Group gap="xs" wrap="nowrap">
        <span className={told.may ? "tb-yes" : "tb-no"}>
          {told.may ? <CheckIcon /> : <CrossIcon />}
        </span>
        <Text size="sm" fw={500}>
          {purpose}
        </Text>
      </Group>
      <Text size="sm" c="dimmed" ta="end">
        {told.may ? "yes: " : "no: "}
        {WORDS[told.reason] ?? told.reason}
        {told.said && (
          <>
            {", "}
            <Instant at={told.said} />
          </>
        )}
        {told.until && (
          <>
            {", until "}
            <Instant at={told.until} />
          </>
        )}
      </Text>
    </Group>
  );
}
