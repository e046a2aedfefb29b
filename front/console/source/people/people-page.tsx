// Where one person is looked for.
import { Anchor, Button, Group, Stack, Table, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Link, useLocation } from "wouter";
import { messagesPath, NO_FILTERS } from "../api/paths";
import { SearchIcon } from "../shared/icons";
import { CopyCurl, Empty, Instant, PageHead, Panel, Said, Trouble } from "../shared/pieces";
import { useRecentPeople } from "./asking";

/** The page to find somebody. */
export function PeoplePage() {
  return (
    <Stack gap="md">
      <PageHead title="People">
        <CopyCurl path={messagesPath({ ...NO_FILTERS, status: "accepted" }, 200)} />
      </PageHead>
      <Search />
      <Panel title="Seen just now" says="People of whom the newest messages are">
        <Recent />
      </Panel>
    </Stack>
  );
}

/** A field for any identifier of somebody. */
export function Search({ given = "" }: { given?: string }) {
  const [id, setId] = useState(given);
  const [, go] = useLocation();
  const find = (event: FormEvent) => {
    event.preventDefault();
    if (id.trim()) go(`/people/${encodeURIComponent(id.trim())}`);
  };
  return (
    <form onSubmit={find}>
      <Group gap="xs" align="flex-end">
        <TextInput
          flex={1}
          maw={520}
          label="Find a person"
          description="By any identifier: user id, e-mail address if that is one, anonymous id"
          placeholder="ann@example.com"
          leftSection={<SearchIcon />}
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <Button type="submit">Find</Button>
      </Group>
    </form>
  );
}

function Recent() {
  const recent = useRecentPeople();
  if (recent.error) return <Trouble error={recent.error} again={() => recent.refetch()} />;
  if (recent.data?.length === 0) {
    return (
      <Empty title="Nobody yet">As soon as events arrive, their people are listed here.</Empty>
    );
  }
  return (
    <Table aria-label="People seen just now" verticalSpacing="xs">
      <Table.Tbody>
        {recent.data?.map(([person, at]) => (
          <Table.Tr key={person}>
            <Table.Td style={{ overflowWrap: "anywhere" }}>
              <Anchor component={Link} href={`/people/${encodeURIComponent(person)}`} size="sm">
                <Said>{person}</Said>
              </Anchor>
            </Table.Td>
            <Table.Td ta="end" style={{ whiteSpace: "nowrap" }}>
              <Text size="sm" c="dimmed" component="span">
                <Instant at={at} />
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
