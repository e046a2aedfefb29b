// In which segments somebody is, why, and until when; and why she is in none of the others.
import { Badge, Collapse, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import type { Definition, Explanation, Profile } from "../api/types";
import { CheckIcon, CrossIcon, DownIcon } from "../shared/icons";
import { Instant, Panel, Trouble, Turning } from "../shared/pieces";
import { ahead, amount } from "../shared/shown";
import { useDefinitions, useExplanation } from "./asking";
import { Why } from "./why";

/** Of so many of her segments it is told at once until when she is in them. */
const EXPLAINED = 12;

export function SegmentsPanel({ id, profile }: { id: string; profile: Profile }) {
  const definitions = useDefinitions();
  const known = (definitions.data?.definitions ?? []).filter((one) => one.kind === "segment");
  const others = known.filter((one) => !profile.segments.includes(one.name));
  const [showsOthers, setShowsOthers] = useState(false);
  const row = (name: string, isIn: boolean, isAsked: boolean) => (
    <Segment
      key={name}
      id={id}
      name={name}
      isIn={isIn}
      isAsked={isAsked}
      asOf={profile.as_of}
      definition={known.find((one) => one.name === name)}
    />
  );
  return (
    <Panel
      title="Segments"
      says="Open one to see why"
      beside={<Badge variant="default">{profile.segments.length}</Badge>}
    >
      {definitions.error && <Trouble error={definitions.error} />}
      {profile.segments.length === 0 && (
        <Text size="sm" c="dimmed">
          None now.
        </Text>
      )}
      <Stack gap={4}>
        {profile.segments.map((name, place) => row(name, true, place < EXPLAINED))}
      </Stack>
      {others.length > 0 && (
        <>
          <UnstyledButton
            mt="sm"
            aria-expanded={showsOthers}
            onClick={() => setShowsOthers(!showsOthers)}
          >
            <Group gap={6}>
              <Turn isOpen={showsOthers} />
              <Text size="sm" c="dimmed">
                {amount(others.length, "segment")} this person is not in
              </Text>
            </Group>
          </UnstyledButton>
          {showsOthers && (
            <Stack gap={4} mt="xs">
              {others.map((one) => row(one.name, false, false))}
            </Stack>
          )}
        </>
      )}
    </Panel>
  );
}

function Turn({ isOpen }: { isOpen: boolean }) {
  return (
    <span style={{ display: "inline-flex", transform: isOpen ? "none" : "rotate(-90deg)" }}>
      <DownIcon />
    </span>
  );
}

interface SegmentProps {
  id: string;
  name: string;
  isIn: boolean;
  isAsked: boolean;
  asOf: number;
  definition: Definition | undefined;
}

function Segment({ id, name, isIn, isAsked, asOf, definition }: SegmentProps) {
  const [isOpen, setOpen] = useState(false);
  const told = useExplanation(id, name, asOf, isAsked || isOpen);
  return (
    <div>
      <UnstyledButton w="100%" py={6} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Group justify="space-between" wrap="nowrap" gap="xs" align="flex-start">
          <Group gap="xs" wrap="nowrap" align="flex-start">
            <span className={isIn ? "tb-yes" : "tb-no"}>
              {isIn ? <CheckIcon /> : <CrossIcon />}
            </span>
            <div>
              <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
                {name.replaceAll("_", " ")}
              </Text>
              <Text size="xs" c="dimmed">
                {definition?.description ?? definition?.words}
              </Text>
              {told.data && <Until told={told.data} isIn={isIn} />}
            </div>
          </Group>
          <Turn isOpen={isOpen} />
        </Group>
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        <div style={{ paddingInlineStart: 28, paddingBlock: 6 }}>
          {told.error && !told.data && <Trouble error={told.error} again={() => told.refetch()} />}
          {told.isPending && isOpen && <Turning size="xs" what="Loading the reason" />}
          {told.data && <Why reason={told.data.reason} />}
        </div>
      </Collapse>
    </div>
  );
}

function Until({ told, isIn }: { told: Explanation; isIn: boolean }) {
  if (!told.changes_at) {
    return isIn ? (
      <Text size="xs" className="tb-yes">
        stays until something happens
      </Text>
    ) : null;
  }
  return (
    <Text size="xs" className={isIn ? "tb-warning" : "tb-yes"}>
      {isIn ? "leaves " : "enters "}
      {ahead(told.changes_at)}: <Instant at={told.changes_at} />
    </Text>
  );
}
