// What to do about messages that were rejected, by the sort of the reason.

const HINTS: Record<string, string> = {
  body: "The request could not be read at all. It takes an object of JSON, plain or packed by gzip.",
  json: "The message is no JSON that can be stored. Look for NaN, broken text or very deep nesting.",
  size: "Something in it is larger than the limits allow: an id, a name, or the properties.",
  type: "Its type is none of track, page, screen, identify, group and alias, or a part has the wrong shape.",
  name: "A track call says in `event` what happened, in at most 200 characters and without a $ in front.",
  person: "Say whom it is about: `userId`, or `anonymousId` for a visitor who is not known yet.",
  time: "Its time cannot be read. Send `timestamp` like 2026-05-01T10:00:00Z, or leave it out.",
  reserved: "Names with $ are the product's own. Only an admin key may send this one.",
  plan: "It does not fit the tracking plan. Put right what sends it, or change the plan and publish.",
  conflict:
    "A message with its id was stored before and says something else. Give each message an id of its own.",
  poison: "The program itself failed at it, which should not happen. Please report it.",
  consent:
    "The person has not agreed to being observed, so nothing of the message is kept or shown.",
};

/** The sorts of reasons, as they are chosen among. */
export const SORT_NAMES: Record<string, string> = {
  plan: "Does not fit the plan",
  body: "Unreadable request",
  json: "No JSON",
  size: "Too large",
  type: "Unknown type",
  name: "No name",
  person: "Nobody",
  time: "No time",
  reserved: "Reserved name",
  conflict: "Id used again",
  poison: "Program failed",
  consent: "No consent",
};

/** What to do, in a sentence; empty where there is nothing to add. */
export const hintFor = (sort: string | null): string => (sort && HINTS[sort]) || "";
