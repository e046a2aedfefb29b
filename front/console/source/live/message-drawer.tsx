// One message: what became of it, why, and what was sent.
import { Alert, Anchor, Drawer, Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Message, Status } from "../api/types";
import { Block, Instant, Said } from "../shared/pieces";
import { indented, shownBytes } from "../shared/shown";
import { hintFor } from "./hints";
import { StatusMark } from "./message-table";

interface DrawerProps {
  message: Message | null;
  close: () => void;
  /** What can be done with it. */
  children?: ReactNode;
}

/** Slides in beside the list; the list goes on behind it. */
export function MessageDrawer({ message, close, children }: DrawerProps) {
  return (
    <Drawer
      opened={message !== null}
      onClose={close}
      position="right"
      size="lg"
      title={<Said>{message?.name ?? "A message"}</Said>}
      styles={{
        title: { fontWeight: 650, overflowWrap: "anywhere" },
        header: { background: "var(--tb-surface)" },
      }}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {message && <Details message={message}>{children}</Details>}
    </Drawer>
  );
}

const TITLES: Partial<Record<Status, string>> = {
  quarantined: "Kept aside, and not stored yet",
  preview: "Only a preview, and not stored",
  sampled: "Not in the sample of its key, and not stored",
};

interface DetailsProps {
  message: Message;
  children?: ReactNode;
}

function Details({ message, children }: DetailsProps) {
  const hint = hintFor(message.sort);
  const isRejected = message.status === "rejected";
  return (
    <Stack gap="md">
      {message.reason && (
        <Alert variant="default" title={TITLES[message.status] ?? "Not stored"}>
          <Text size="sm" className={isRejected ? "tb-rejected" : "tb-warning"}>
            {message.reason}
          </Text>
          {hint && (
            <Text size="sm" mt={4}>
              {hint}
            </Text>
          )}
        </Alert>
      )}
      {children ?? (message.status === "quarantined" && <ToQuarantine />)}
      {message.status === "duplicate" && (
        <Alert variant="default" title="Known already">
          <Text size="sm">
            A message with this id was stored before. It counts once, however often it is sent.
          </Text>
        </Alert>
      )}
      {message.warning && (
        <Alert variant="default" title="Stored, but not all of it">
          <Text size="sm" className="tb-warning">
            {message.warning}
          </Text>
        </Alert>
      )}
      <Facts message={message} />
      {message.raw ? (
        <Sent message={message} />
      ) : (
        <Text size="sm" c="dimmed">
          Nothing of what was sent is held.
        </Text>
      )}
    </Stack>
  );
}

function ToQuarantine() {
  return (
    <Anchor component={Link} href="/quarantine" size="sm">
      Go to the quarantine to try it again
    </Anchor>
  );
}

function Sent({ message }: { message: Message }) {
  const isCut = message.bytes > new TextEncoder().encode(message.raw).length;
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        What was sent
      </Text>
      <Block text={indented(message.raw)} what="what was sent" />
      {isCut && (
        <Text size="xs" c="dimmed" mt={4}>
          This is its beginning; all of it has {shownBytes(message.bytes)}.
        </Text>
      )}
    </div>
  );
}

function Facts({ message }: { message: Message }) {
  const rows: [string, ReactNode][] = [
    ["Status", <StatusMark key="status" status={message.status} />],
    ["Person", <Person key="person" message={message} />],
    ["Arrived", <Instant key="at" at={message.at} />],
    ["Happened", message.time ? <Instant key="time" at={message.time} /> : "–"],
    ["Key", message.source ? `${message.source} (${message.key})` : message.key],
    ["Call", message.call],
    ["Message id", message.id ?? "–"],
    ["Size", shownBytes(message.bytes)],
  ];
  return (
    <Table layout="fixed" withRowBorders={false} verticalSpacing={3} horizontalSpacing={0}>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={110} c="dimmed" fw={500}>
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Person({ message }: { message: Message }) {
  if (!message.person) return "–";
  if (message.status !== "accepted" && message.status !== "duplicate")
    return <Said>{message.person}</Said>;
  return (
    <Anchor component={Link} href={`/people/${encodeURIComponent(message.person)}`} size="sm">
      <Said>{message.person}</Said>
    </Anchor>
  );
}
