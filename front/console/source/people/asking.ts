// What is asked about people, and how often.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ask } from "../api/client";
import {
  definitionsPath,
  explainPath,
  messagesPath,
  NO_FILTERS,
  profilePath,
  sentPath,
  timelinePath,
} from "../api/paths";
import type {
  Definition,
  Explanation,
  MessagePage,
  Profile,
  TimelinePage,
  Values,
} from "../api/types";

const LIVE_MS = 2_000;
const SLOW_MS = 15_000;
const FACTS = 25;

/** A person as she is, looked at again and again; an unchanged answer costs the server little. */
export function useProfile(id: string) {
  return useQuery({
    queryKey: ["profile", id],
    queryFn: ({ signal }) => ask<Profile>(profilePath(id), signal),
    refetchInterval: LIVE_MS,
  });
}

/** All traits that were sent, by the position up to which she is known. */
export function useSent(id: string, asOf: number) {
  return useQuery({
    queryKey: ["sent", id, asOf],
    queryFn: ({ signal }) => ask<{ sent: Values }>(sentPath(id), signal),
    placeholderData: (before) => before,
  });
}

export function useDefinitions() {
  return useQuery({
    queryKey: ["definitions"],
    queryFn: ({ signal }) => ask<{ definitions: Definition[] }>(definitionsPath, signal),
    refetchInterval: SLOW_MS,
  });
}

export function useExplanation(id: string, name: string, asOf: number, isWanted: boolean) {
  return useQuery({
    queryKey: ["explain", id, name, asOf],
    queryFn: ({ signal }) => ask<Explanation>(explainPath(id, name, "segment"), signal),
    enabled: isWanted,
    placeholderData: (before) => before,
    refetchInterval: SLOW_MS,
  });
}

/** Her facts, page after page, begun anew when there are more. */
export function useTimeline(id: string, asOf: number) {
  return useInfiniteQuery({
    queryKey: ["timeline", id, asOf],
    queryFn: ({ pageParam, signal }) =>
      ask<TimelinePage>(timelinePath(id, FACTS, pageParam || undefined), signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });
}

/** People of whom something arrived just now. */
export function useRecentPeople() {
  return useQuery({
    queryKey: ["recent people"],
    queryFn: async ({ signal }) => {
      const wanted = { ...NO_FILTERS, status: "accepted" };
      const page = await ask<MessagePage>(messagesPath(wanted, 200), signal);
      const people = new Map<string, string>();
      for (const { person, at } of page.messages) {
        if (person && !people.has(person)) people.set(person, at);
      }
      return [...people].slice(0, 12);
    },
    refetchInterval: SLOW_MS,
  });
}
