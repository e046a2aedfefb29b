// What was rejected in the last days, and why.
import { Stack, Text } from "@mantine/core";
import { useCallback, useState } from "react";
import { untakenPath } from "../api/paths";
import type { Message } from "../api/types";
import { MessageDrawer } from "../live/message-drawer";
import { CopyCurl, Empty, PageHead } from "../shared/pieces";
import { PAGE, useUntaken } from "./asking";
import { SortChoice, UntakenList } from "./untaken-list";

/** The page of rejected messages. */
export function RejectsPage() {
  const [sort, setSort] = useState("");
  const [opened, setOpened] = useState<Message | null>(null);
  const close = useCallback(() => setOpened(null), []);
  const found = useUntaken("rejects", sort);
  return (
    <Stack gap="md">
      <PageHead title="Rejected">
        <CopyCurl path={untakenPath("rejects", sort, PAGE)} />
      </PageHead>
      <Text size="sm" c="dimmed">
        Whoever sent these was told the reason. Put right what sends them, and have it send them
        again: they are not stored, and are kept here for some days only to be looked at.
      </Text>
      <SortChoice sort={sort} change={setSort} />
      <UntakenList list="rejects" found={found} open={setOpened}>
        <Empty title="Nothing was rejected">
          {sort ? "Nothing for this reason, as far as is kept." : "As far as is kept."}
        </Empty>
      </UntakenList>
      <MessageDrawer message={opened} close={close} />
    </Stack>
  );
}
