// The reasons for an answer, as a tree: each part in plain words, with the facts that it is made of.
import { Group, Stack, Text } from "@mantine/core";
import type { Evidence, Reason } from "../api/types";
import { CheckIcon, CrossIcon } from "../shared/icons";
import { Instant } from "../shared/pieces";
import { shownValue } from "../shared/shown";

const FACTS = 5;

/** A definition that is nothing but its only part is told by that part. */
function plainest(reason: Reason): Reason {
  const [only, ...more] = reason.parts;
  return only && more.length === 0 && only.words === reason.words ? plainest(only) : reason;
}

export function Why({ reason, depth = 0 }: { reason: Reason; depth?: number }) {
  const told = plainest(reason);
  return (
    <Stack gap={6}>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Mark value={told.value} />
        <Text size="sm">
          {told.words}
          {typeof told.value !== "boolean" && (
            <Text span fw={600}>
              : {shownValue(told.value)}
            </Text>
          )}
        </Text>
      </Group>
      <Facts told={told} />
      {told.notes.map((note) => (
        <Text key={note} size="xs" c="dimmed" pl={24}>
          {note}
        </Text>
      ))}
      {told.parts.length > 0 && (
        <Stack gap={6} pl={depth < 6 ? 24 : 0}>
          {told.parts.map((part) => (
            <Why
              key={`${part.words}${JSON.stringify(part.value)}`}
              reason={part}
              depth={depth + 1}
            />
          ))}
        </Stack>
      )}
    </Stack>
  );
}

function Mark({ value }: { value: Reason["value"] }) {
  if (typeof value !== "boolean") return null;
  return (
    <span
      className={value ? "tb-yes" : "tb-no"}
      role="img"
      aria-label={value ? "holds" : "does not hold"}
    >
      {value ? <CheckIcon /> : <CrossIcon />}
    </span>
  );
}

function Facts({ told }: { told: Reason }) {
  const shown = told.facts.slice(0, FACTS);
  const more = told.facts.length - shown.length;
  const other = told.latest_that_does_not_count;
  if (shown.length === 0 && !other) return null;
  return (
    <Stack gap={2} pl={24}>
      {shown.map((fact) => (
        <One key={fact.id} fact={fact} />
      ))}
      {more > 0 && (
        <Text size="xs" c="dimmed">
          and {more} more
        </Text>
      )}
      {other && <One fact={other} before="does not count: " />}
    </Stack>
  );
}

function One({ fact, before = "" }: { fact: Evidence; before?: string }) {
  return (
    <Text size="xs" c="dimmed">
      {before}
      {fact.name}, <Instant at={fact.at} />
    </Text>
  );
}
