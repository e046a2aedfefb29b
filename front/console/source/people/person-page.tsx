// One person: what is known of her, in which segments she is and why, what happened.
import { Alert, Badge, Grid, Group, Stack, Text } from "@mantine/core";
import { Fault } from "../api/client";
import { profilePath } from "../api/paths";
import type { Profile } from "../api/types";
import { Copy, CopyCurl, Empty, PageHead, Panel, Said, Trouble, Waiting } from "../shared/pieces";
import { useProfile, useSent } from "./asking";
import { ConsentPanel } from "./consent-panel";
import { Search } from "./people-page";
import { SegmentsPanel } from "./segments-panel";
import { TimelinePanel } from "./timeline-panel";
import { ScoresPanel, SentPanel, TraitsPanel } from "./values-panels";

/** The page of whoever has an identifier. */
export function PersonPage({ id }: { id: string }) {
  const profile = useProfile(id);
  if (profile.data) return <Person id={id} profile={profile.data} />;
  return (
    <Stack gap="md">
      <PageHead title={<Said>{id}</Said>}>
        <CopyCurl path={profilePath(id)} />
      </PageHead>
      {profile.error ? (
        <NotThere id={id} error={profile.error} again={profile.refetch} />
      ) : (
        <Waiting what="the person" />
      )}
    </Stack>
  );
}

interface NotThereProps {
  id: string;
  error: Error;
  again: () => void;
}

function NotThere({ id, error, again }: NotThereProps) {
  if (!(error instanceof Fault) || error.status !== 404) {
    return <Trouble error={error} again={again} />;
  }
  return (
    <Stack gap="md">
      <Search given={id} />
      <Empty title="Nobody is known by this identifier">
        Identifiers are compared exactly, also upper and lower case. Perhaps nothing of this person
        has arrived yet, or the person was erased. As soon as something arrives it is shown here.
      </Empty>
    </Stack>
  );
}

function Person({ id, profile }: { id: string; profile: Profile }) {
  const name = useSent(id, profile.as_of).data?.sent.name;
  return (
    <Stack gap="md">
      <PageHead
        title={<Said>{typeof name === "string" && name ? name : profile.person}</Said>}
        beside={
          <>
            {name && (
              <Text c="dimmed" style={{ overflowWrap: "anywhere" }}>
                <Said>{profile.person}</Said>
              </Text>
            )}
            {profile.persona && <Badge size="lg">{profile.persona}</Badge>}
          </>
        }
      >
        <CopyCurl path={profilePath(id)} />
      </PageHead>
      <States profile={profile} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            <SegmentsPanel id={id} profile={profile} />
            <TimelinePanel id={id} asOf={profile.as_of} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            <ScoresPanel scores={profile.scores} />
            <TraitsPanel traits={profile.traits} />
            <SentPanel id={id} asOf={profile.as_of} />
            <ConsentPanel consent={profile.consent} />
            <Identifiers ids={profile.ids} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function States({ profile }: { profile: Profile }) {
  if (profile.pending) {
    return (
      <Alert variant="default" title="The history is being read again" role="status">
        What is shown is from before the newest facts; it is put right by itself.
      </Alert>
    );
  }
  if (profile.exists) return null;
  return (
    <Alert variant="default" title="Nothing of this person counts now" role="status">
      There is only a link to another identifier, or all that happened lies ahead: so there are no
      segments.
    </Alert>
  );
}

function Identifiers({ ids }: { ids: string[] }) {
  return (
    <Panel
      title="Identifiers"
      says={ids.length > 1 ? "All of them turned out to be one person" : ""}
    >
      <Stack gap={2}>
        {ids.map((one) => (
          <Group key={one} justify="space-between" wrap="nowrap" gap="xs">
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              <Said>{one}</Said>
            </Text>
            <Copy text={one} what={one} />
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
