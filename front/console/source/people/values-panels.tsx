// Traits and scores: names with values.
import { Skeleton, Table, Text, Tooltip } from "@mantine/core";
import type { Plain, Values } from "../api/types";
import { Panel, Said, Trouble } from "../shared/pieces";
import { shownValue } from "../shared/shown";
import { useDefinitions, useSent } from "./asking";

interface ListProps {
  values: Values;
  label: string;
  words?: (name: string) => string | undefined;
}

function List({ values, label, words }: ListProps) {
  const rows = Object.entries(values);
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None.
      </Text>
    );
  }
  return (
    <Table aria-label={label} layout="fixed" verticalSpacing={6} horizontalSpacing={0}>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th fw={500} style={{ overflowWrap: "anywhere" }}>
              <Named name={name} words={words?.(name)} />
            </Table.Th>
            <Table.Td ta="end" style={{ overflowWrap: "anywhere" }}>
              <Shown value={value} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Shown({ value }: { value: Plain }) {
  return value === null ? (
    <Text span c="dimmed" size="sm">
      none
    </Text>
  ) : (
    <Said>{shownValue(value)}</Said>
  );
}

function Named({ name, words }: { name: string; words?: string | undefined }) {
  const shown = <bdi>{name.replaceAll("_", " ")}</bdi>;
  if (!words) return shown;
  return (
    <Tooltip label={words} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      {shown}
    </Tooltip>
  );
}

function useWords(kind: string) {
  const definitions = useDefinitions().data?.definitions ?? [];
  return (name: string) => definitions.find((one) => one.kind === kind && one.name === name)?.words;
}

export function ScoresPanel({ scores }: { scores: Values }) {
  return (
    <Panel title="Scores">
      <List values={scores} label="Scores" words={useWords("score")} />
    </Panel>
  );
}

export function TraitsPanel({ traits }: { traits: Values }) {
  return (
    <Panel title="Traits" says="Computed from what happened">
      <List values={traits} label="Traits" words={useWords("trait")} />
    </Panel>
  );
}

export function SentPanel({ id, asOf }: { id: string; asOf: number }) {
  const sent = useSent(id, asOf);
  return (
    <Panel title="Sent traits" says="As they were sent last">
      {sent.error && !sent.data ? (
        <Trouble error={sent.error} again={() => sent.refetch()} />
      ) : sent.data ? (
        <List values={sent.data.sent} label="Sent traits" />
      ) : (
        <Skeleton h={48} />
      )}
    </Panel>
  );
}
