// Requests that never became messages, such as those with a wrong key: without this they leave no trace.
import { Alert, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ask } from "../api/client";
import { messagesPath, NO_FILTERS } from "../api/paths";
import type { MessagePage } from "../api/types";
import { Instant } from "../shared/pieces";

const LOOK_MS = 5_000;
const LATELY_MS = 15 * 60_000;
const MOST = 3;

/** What was turned away lately; nothing where nothing was. */
export function TurnedAway() {
  const page = useQuery({
    queryKey: ["turned away"],
    queryFn: ({ signal }) => ask<MessagePage>(messagesPath(NO_FILTERS, 1), signal),
    refetchInterval: LOOK_MS,
  });
  const lately = (page.data?.turned_away ?? []).filter(
    (one) => Date.now() - new Date(one.last).getTime() < LATELY_MS,
  );
  if (lately.length === 0) return null;
  return (
    <Alert variant="default" title="Some requests were turned away" role="status">
      <Stack gap={4}>
        {lately.slice(0, MOST).map((one) => (
          <Text size="sm" key={`${one.path} ${one.status} ${one.error}`}>
            <Text span className="tb-warning" fw={600}>
              {one.count.toLocaleString()} to {one.path} ({one.status})
            </Text>
            , last <Instant at={one.last} />: {one.error}
          </Text>
        ))}
      </Stack>
    </Alert>
  );
}
