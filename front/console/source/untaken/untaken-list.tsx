// A list of messages that were not taken, with a choice among the reasons.
import { Card, NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";
import type { Untaken } from "../api/paths";
import type { Message } from "../api/types";
import { SORT_NAMES } from "../live/hints";
import { MessageTable } from "../live/message-table";
import { Older, Trouble, Waiting } from "../shared/pieces";
import { messagesOf, type useUntaken } from "./asking";

const SORTS = [
  { value: "", label: "All reasons" },
  ...Object.entries(SORT_NAMES).map(([value, label]) => ({ value, label })),
];

interface SortProps {
  sort: string;
  change: (sort: string) => void;
}

export function SortChoice({ sort, change }: SortProps) {
  return (
    <NativeSelect
      size="xs"
      maw={220}
      data={SORTS}
      value={sort}
      onChange={(event) => change(event.currentTarget.value)}
      aria-label="Reason"
    />
  );
}

interface ListProps {
  list: Untaken;
  found: ReturnType<typeof useUntaken>;
  open: (message: Message) => void;
  /** What stands where there are none. */
  children: ReactNode;
}

export function UntakenList({ list, found, open, children }: ListProps) {
  const messages = messagesOf(list, found.data?.pages ?? []);
  return (
    <>
      {found.error && <Trouble error={found.error} again={() => found.refetch()} />}
      <Card padding={0} radius="md" withBorder>
        {messages.length > 0 && <MessageTable messages={messages} open={open} />}
        {found.data && messages.length === 0 && children}
        {found.isPending && !found.error && <Waiting what="messages" />}
      </Card>
      <Older of={found} />
    </>
  );
}
