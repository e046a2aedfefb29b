// The list of messages; on a narrow screen each is a small card.
import { UnstyledButton } from "@mantine/core";
import { memo } from "react";
import type { Message, Status } from "../api/types";
import { Instant, Said } from "../shared/pieces";

export const STATUS_NAMES: Record<Status, string> = {
  accepted: "Accepted",
  duplicate: "Duplicate",
  rejected: "Rejected",
  quarantined: "Quarantined",
  preview: "Preview",
  sampled: "Sampled out",
};

export function StatusMark({ status }: { status: Status }) {
  return (
    <span className="tb-status" data-status={status}>
      {STATUS_NAMES[status]}
    </span>
  );
}

interface RowProps {
  message: Message;
  isFresh: boolean;
  open: (message: Message) => void;
}

const Row = memo(({ message, isFresh, open }: RowProps) => (
  <tr className={isFresh ? "tb-fresh" : undefined} onClick={() => open(message)}>
    <td className="tb-time">
      <Instant at={message.at} />
    </td>
    <td className="tb-state">
      <StatusMark status={message.status} />
    </td>
    <td className="tb-name">
      <UnstyledButton
        component="span"
        role="button"
        tabIndex={0}
        fw={550}
        fz="sm"
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          open(message);
        }}
      >
        <Said>{message.name ?? `(${message.call})`}</Said>
      </UnstyledButton>
    </td>
    <td className="tb-who">
      <Said>{message.person ?? "–"}</Said>
    </td>
    <td className="tb-source">{message.source || message.key}</td>
    <td className="tb-why tb-wide">
      {message.reason && (
        <span className={message.status === "rejected" ? "tb-rejected" : "tb-warning"}>
          {message.reason}
        </span>
      )}
      {message.warning && <span className="tb-warning">{message.warning}</span>}
    </td>
  </tr>
));
Row.displayName = "Row";

const NEVER = Number.POSITIVE_INFINITY;

interface TableProps {
  messages: Message[];
  /** Messages from this number on arrived while somebody watched. */
  freshFrom?: number;
  open: (message: Message) => void;
  label?: string;
}

export function MessageTable({ messages, freshFrom = NEVER, open, label }: TableProps) {
  return (
    <table className="tb-messages" aria-label={label ?? "Messages, the newest first"}>
      <thead>
        <tr>
          <th scope="col">Arrived</th>
          <th scope="col">Status</th>
          <th scope="col">Event</th>
          <th scope="col">Person</th>
          <th scope="col">Source</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {messages.map((message) => (
          <Row
            key={message.number}
            message={message}
            isFresh={message.number >= freshFrom}
            open={open}
          />
        ))}
      </tbody>
    </table>
  );
}
