// Some messages of each hour, chosen by chance: what really arrives, and not what one looks for.
import { Button, Card, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { ask } from "../api/client";
import { samplesPath } from "../api/paths";
import type { Message, SampledHour } from "../api/types";
import { CopyCurl, Empty, PageHead, Panel, Trouble, Waiting } from "../shared/pieces";
import { amount, shownInstant } from "../shared/shown";
import { MessageDrawer } from "./message-drawer";
import { MessageTable, STATUS_NAMES } from "./message-table";

/** The page of random samples. */
export function SamplesPage() {
  const [opened, setOpened] = useState<Message | null>(null);
  const close = useCallback(() => setOpened(null), []);
  const samples = useQuery({
    queryKey: ["samples"],
    queryFn: ({ signal }) => ask<{ hours: SampledHour[] }>(samplesPath, signal),
  });
  const hours = samples.data?.hours.filter((hour) => hour.messages.length > 0) ?? [];
  return (
    <Stack gap="md">
      <PageHead title="Samples">
        <Button
          variant="default"
          size="xs"
          loading={samples.isRefetching}
          onClick={() => samples.refetch()}
        >
          Look again
        </Button>
        <CopyCurl path={samplesPath} />
      </PageHead>
      <Text size="sm" c="dimmed">
        Some messages of each of the last 24 hours, chosen by chance: each that arrived in an hour
        was as likely to be among them. Look through them now and then, to find what nobody looks
        for. A server that was started again begins anew.
      </Text>
      {samples.error && <Trouble error={samples.error} again={() => samples.refetch()} />}
      {samples.isPending && !samples.error && <Waiting what="samples" />}
      {samples.data && hours.length === 0 && (
        <Card radius="md" withBorder>
          <Empty title="Nothing has arrived yet">Send some events, and look again.</Empty>
        </Card>
      )}
      {hours.map((hour) => (
        <Hour key={hour.begin} hour={hour} open={setOpened} />
      ))}
      <MessageDrawer message={opened} close={close} />
    </Stack>
  );
}

interface HourProps {
  hour: SampledHour;
  open: (message: Message) => void;
}

function Hour({ hour, open }: HourProps) {
  const { begin, arrived, messages } = hour;
  const name = `The hour from ${shownInstant(begin)}`;
  return (
    <Panel
      title={name}
      says={`${messages.length} of ${amount(arrived, "message")}: ${became(messages)}`}
    >
      <MessageTable messages={messages.toReversed()} open={open} label={name} />
    </Panel>
  );
}

/** How many of some messages became what. */
function became(messages: Message[]): string {
  return Object.entries(STATUS_NAMES)
    .map(([status, name]) => [name, messages.filter((one) => one.status === status).length])
    .filter(([, count]) => count)
    .map(([name, count]) => `${count} ${String(name).toLowerCase()}`)
    .join(", ");
}
