// What is done with messages that are kept aside, and what is said of it afterwards.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { tell } from "../api/client";
import { dropPath, replayPath } from "../api/paths";
import type { Replayed } from "../api/types";
import { amount } from "../shared/shown";

export type Change =
  | { does: "replay"; sort: string }
  | { does: "replay"; number: number }
  | { does: "drop"; number: number };

/** Does it, tells what became of it in a sentence, and has the list looked at again. */
export function useChanging(done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: changed,
    onSettled: () => queries.invalidateQueries({ queryKey: ["quarantine"] }),
    onSuccess: done,
  });
}

async function changed(change: Change): Promise<string> {
  if (change.does === "drop") {
    const { dropped } = await tell<{ dropped: number }>(dropPath, { numbers: [change.number] });
    return dropped ? "It is gone." : "It was gone already.";
  }
  if ("number" in change) return said(await tell(replayPath, { numbers: [change.number] }));
  return said(await all(change.sort));
}

/** All of a sort are tried, some at a time. */
async function all(sort: string): Promise<Replayed> {
  const sum: Replayed = { accepted: 0, duplicates: 0, still: 0, forbidden: 0, last: 0 };
  for (let after: number | null = 0; after !== null; after = sum.last) {
    const some: Replayed = await tell(replayPath, { after, sort: sort || null });
    sum.accepted += some.accepted;
    sum.duplicates += some.duplicates;
    sum.still += some.still;
    sum.forbidden += some.forbidden;
    sum.last = some.last;
  }
  return sum;
}

function said({ accepted, duplicates, still, forbidden }: Replayed): string {
  const parts = [
    amount(accepted, "new fact"),
    duplicates && `${duplicates.toLocaleString()} known before`,
    still && `${still.toLocaleString()} still ${still === 1 ? "does" : "do"} not fit`,
    forbidden && `${forbidden.toLocaleString()} let go: their people do not agree, or were erased`,
  ];
  return `${parts.filter(Boolean).join(", ")}.`;
}
