// What the product's own facts say to people; all others are called as they were sent.
import type { Fact } from "../api/types";

const NAMES: Record<string, string> = {
  $traits: "Traits were told",
  $merge: "Was joined with another identifier",
  $unmerge: "Was parted from an identifier",
  $consent: "Said something about consent",
  $group: "Belongs to a group",
  $list: "Was put on a list, or taken off",
};

/** A fact's name, or the words for it. */
export function factName({ name, properties }: Fact): string {
  return name === "$verdict" ? verdict(properties) : (NAMES[name] ?? name);
}

/** A verdict is about the event whose `message_id` it names, and the newest one holds. */
function verdict({ bot, by }: Fact["properties"]): string {
  if (bot === false) return "An event counts after all: no robot did it";
  return by === "double"
    ? "A click made twice counts once"
    : "An event counts nowhere: a robot did it";
}
