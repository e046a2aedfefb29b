// What is asked about messages that were not taken, page after page.
import { useInfiniteQuery } from "@tanstack/react-query";
import { ask } from "../api/client";
import { type Untaken, untakenPath } from "../api/paths";
import type { Message, Status, UntakenMessage, UntakenPage } from "../api/types";

export const PAGE = 50;
const LOOK_MS = 10_000;
const BECAME: Record<Untaken, Status> = { quarantine: "quarantined", rejects: "rejected" };
const ERASED = "about somebody who was erased since";

/** The messages of a list, the newest first, looked at again and again. */
export function useUntaken(list: Untaken, sort: string) {
  return useInfiniteQuery({
    queryKey: [list, sort],
    queryFn: ({ pageParam, signal }) =>
      ask<UntakenPage>(untakenPath(list, sort, PAGE, pageParam || undefined), signal),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
    refetchInterval: LOOK_MS,
  });
}

/** The messages of all pages, each as the live events show one. */
export function messagesOf(list: Untaken, pages: UntakenPage[]): Message[] {
  const found = pages.flatMap((page) => page.messages ?? page.rejects ?? []);
  return found.map((one) => shown(one, BECAME[list]));
}

function shown(one: UntakenMessage, status: Status): Message {
  return {
    ...one,
    status,
    name: nameIn(one.raw),
    time: null,
    id: one.message_id || null,
    reason: one.erased ? ERASED : one.reason,
    warning: null,
  };
}

const CALLS: Record<string, string> = { identify: "$traits", page: "Page Viewed" };

/** What the event is called, where that can be read. */
function nameIn(raw: string): string | null {
  try {
    const { event, type } = JSON.parse(raw);
    return typeof event === "string" ? event : (CALLS[type] ?? null);
  } catch {
    return null;
  }
}
