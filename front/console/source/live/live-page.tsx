// Events as they arrive, with what became of each.
import { Button, Card, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useCallback, useMemo, useState } from "react";
import { type Filters, messagesPath, NO_FILTERS } from "../api/paths";
import type { Message } from "../api/types";
import { PauseIcon, PlayIcon, SearchIcon } from "../shared/icons";
import { CopyCurl, Empty, PageHead, Trouble, Waiting } from "../shared/pieces";
import { amount } from "../shared/shown";
import { FirstEvent } from "./first-event";
import { MessageDrawer } from "./message-drawer";
import { MessageTable, STATUS_NAMES } from "./message-table";
import { PAGE, type Stage, useMessages } from "./messages";
import { TurnedAway } from "./turned-away";

const TYPING_MS = 300;

/** The page of live events. */
export function LivePage() {
  const [filters, setFilters] = useState(NO_FILTERS);
  const [search, setSearch] = useState("");
  const [isPaused, setPaused] = useState(false);
  const [opened, setOpened] = useState<Message | null>(null);
  const [settled] = useDebouncedValue(filters, TYPING_MS);
  const shown = useMessages(settled, isPaused);
  const found = useMemo(() => searched(shown.messages, search), [shown.messages, search]);
  const close = useCallback(() => setOpened(null), []);
  const isAll = settled === NO_FILTERS || Object.values(settled).every((value) => !value);
  return (
    <Stack gap="md">
      <PageHead title="Live events" beside={<StageMark stage={shown.stage} />}>
        <Button
          size="xs"
          variant={isPaused ? "filled" : "default"}
          leftSection={isPaused ? <PlayIcon /> : <PauseIcon />}
          onClick={() => setPaused(!isPaused)}
        >
          {isPaused ? `Go on${shown.waiting ? ` (${shown.waiting} new)` : ""}` : "Pause"}
        </Button>
        <CopyCurl path={messagesPath(settled, PAGE)} />
      </PageHead>
      <FilterBar filters={filters} change={setFilters} search={search} find={setSearch} />
      <TurnedAway />
      {shown.missed > 0 && (
        <Text size="sm" className="tb-warning" role="status">
          {amount(shown.missed, "message")} came too fast to be shown.
        </Text>
      )}
      {shown.fault !== null && <Trouble error={shown.fault} again={shown.again} />}
      <Card padding={0} radius="md" withBorder>
        <List
          found={found}
          freshFrom={shown.freshFrom}
          isLoaded={shown.isLoaded || shown.fault !== null}
          isAll={isAll && !search}
          open={setOpened}
        />
      </Card>
      {shown.hasOlder && (
        <Group justify="center">
          <Button variant="default" size="xs" onClick={shown.older}>
            Show older ones
          </Button>
        </Group>
      )}
      <MessageDrawer message={opened} close={close} />
    </Stack>
  );
}

function searched(messages: Message[], text: string): Message[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return messages;
  return messages.filter((one) =>
    `${one.name} ${one.person} ${one.reason} ${one.warning} ${one.raw}`
      .toLowerCase()
      .includes(wanted),
  );
}

interface ListProps {
  found: Message[];
  freshFrom: number;
  isLoaded: boolean;
  isAll: boolean;
  open: (message: Message) => void;
}

function List({ found, freshFrom, isLoaded, isAll, open }: ListProps) {
  if (found.length > 0) return <MessageTable messages={found} freshFrom={freshFrom} open={open} />;
  if (!isLoaded) {
    return <Waiting what="messages" />;
  }
  if (isAll) return <FirstEvent />;
  return (
    <Empty title="Nothing like this is held">
      New messages that match appear here as they arrive. Identifiers and names are compared
      exactly, also upper and lower case.
    </Empty>
  );
}

interface FilterBarProps {
  filters: Filters;
  change: (filters: Filters) => void;
  search: string;
  find: (text: string) => void;
}

const STATUSES = [
  { value: "", label: "All statuses" },
  ...Object.entries(STATUS_NAMES).map(([value, label]) => ({ value, label })),
];
const FIELDS = [
  { name: "name", label: "Event name" },
  { name: "person", label: "Person" },
  { name: "key", label: "Source or key" },
] as const;

function FilterBar({ filters, change, search, find }: FilterBarProps) {
  return (
    <Group gap="xs" align="flex-end">
      <NativeSelect
        size="xs"
        flex="1 1 120px"
        data={STATUSES}
        value={filters.status}
        onChange={(event) => change({ ...filters, status: event.currentTarget.value })}
        aria-label="Status"
      />
      {FIELDS.map(({ name, label }) => (
        <TextInput
          key={name}
          size="xs"
          flex="1 1 120px"
          placeholder={label}
          aria-label={label}
          value={filters[name]}
          onChange={(event) => change({ ...filters, [name]: event.currentTarget.value.trim() })}
        />
      ))}
      <TextInput
        size="xs"
        flex="1 1 160px"
        placeholder="Search what is shown"
        aria-label="Search what is shown"
        leftSection={<SearchIcon />}
        value={search}
        onChange={(event) => find(event.currentTarget.value)}
      />
    </Group>
  );
}

const STAGES: Record<Stage, string> = {
  live: "Live",
  paused: "Paused",
  connecting: "Connecting…",
  broken: "Not connected",
};

function StageMark({ stage }: { stage: Stage }) {
  return (
    <Group gap={6} role="status">
      <span className="tb-pulse" data-state={stage} />
      <Text size="sm" c="dimmed">
        {STAGES[stage]}
      </Text>
    </Group>
  );
}
