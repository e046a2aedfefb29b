// What the product's own facts say to people; all others are called as they were sent.
import type { Fact } from "../api/types";

const NAMES: Record<string, string> = {
  $traits: "Traits were told",
  $merge: "Was joined with another identifier",
  $unmerge: "Was parted from an identifier",
  $consent: "Said something about consent",
  $group: "Belongs to a group",
  $list: "Was put on a list, or taken off",
  $predicted: "A model predicted something",
  $assigned: "Was given a variation of an experiment",
  $exposed: "Saw a variation of an experiment",
  $resolved: "Somebody decided about a review",
};

const MESSAGES: Record<string, string> = {
  sent: "A message was sent",
  delivered: "A message was delivered",
  opened: "Opened a message",
  clicked: "Clicked in a message",
  bounced: "A message came back",
  failed: "A message could not be sent",
  complained: "Complained about a message",
  unsubscribed: "Wants no more messages",
};

/** A fact's name, or the words for it. */
export function factName({ name, properties }: Fact): string {
  if (name === "$verdict") return verdict(properties);
  if (name === "$message") return MESSAGES[String(properties.status)] ?? "About a message";
  return NAMES[name] ?? name;
}

/** A verdict is about the event whose `message_id` it names, and the newest one holds. */
function verdict({ bot, by }: Fact["properties"]): string {
  if (bot === false) return "An event counts after all: no robot did it";
  return by === "double"
    ? "A click made twice counts once"
    : "An event counts nowhere: a robot did it";
}
