// What is kept aside, to be tried again once what was wrong is put right.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useCallback, useState } from "react";
import { untakenPath } from "../api/paths";
import type { Message } from "../api/types";
import { MessageDrawer } from "../live/message-drawer";
import { CopyCurl, Empty, PageHead, Trouble } from "../shared/pieces";
import { amount } from "../shared/shown";
import { PAGE, useUntaken } from "./asking";
import { type Change, useChanging } from "./changing";
import { SortChoice, UntakenList } from "./untaken-list";

/** The page of messages that are kept aside. */
export function QuarantinePage() {
  const [sort, setSort] = useState("");
  const [opened, setOpened] = useState<Message | null>(null);
  const found = useUntaken("quarantine", sort);
  const changing = useChanging(() => setOpened(null));
  const close = useCallback(() => setOpened(null), []);
  const held = found.data?.pages[0]?.held ?? 0;
  return (
    <Stack gap="md">
      <PageHead title="Quarantine" beside={<Held count={held} />}>
        <Button
          size="xs"
          disabled={held === 0}
          loading={changing.isPending}
          onClick={() => changing.mutate({ does: "replay", sort })}
        >
          {sort ? "Try these again" : "Try all again"}
        </Button>
        <CopyCurl path={untakenPath("quarantine", sort, PAGE)} />
      </PageHead>
      <Text size="sm" c="dimmed">
        These are kept aside: they do not fit the tracking plan, or the program failed at them. They
        are no facts and count nowhere. Once the plan is mended and published, try them again: they
        count from when they came, and once.
      </Text>
      <Group gap="md">
        <SortChoice sort={sort} change={setSort} />
        <Text size="sm" role="status" fw={550}>
          {changing.data}
        </Text>
      </Group>
      {changing.error && <Trouble error={changing.error} />}
      <UntakenList list="quarantine" found={found} open={setOpened}>
        <Empty title="Nothing is kept aside">
          {sort
            ? "Nothing for this reason."
            : "What does not fit the tracking plan waits here, where the plan says so."}
        </Empty>
      </UntakenList>
      <MessageDrawer message={opened} close={close}>
        {opened && <Deeds key={opened.number} number={opened.number} does={changing.mutate} />}
      </MessageDrawer>
    </Stack>
  );
}

function Held({ count }: { count: number }) {
  return (
    <Text size="sm" c="dimmed">
      {amount(count, "message")}
    </Text>
  );
}

interface DeedsProps {
  number: number;
  does: (change: Change) => void;
}

/** What can be done with one; what cannot be undone takes two clicks. */
function Deeds({ number, does }: DeedsProps) {
  const [isSure, setSure] = useState(false);
  const drop = () => (isSure ? does({ does: "drop", number }) : setSure(true));
  return (
    <Group gap="xs">
      <Button size="xs" onClick={() => does({ does: "replay", number })}>
        Try again
      </Button>
      <Button size="xs" variant="default" onClick={drop}>
        {isSure ? "Really let it go for good" : "Let it go"}
      </Button>
    </Group>
  );
}
