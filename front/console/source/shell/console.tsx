// What is around every page: where one can go, colours, signing out.
import {
  ActionIcon,
  Anchor,
  AppShell,
  Center,
  Container,
  Group,
  Stack,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, matchRoute, Redirect, Route, Router, Switch, useLocation, useRouter } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { readSession, signOut } from "../api/client";
import { LivePage } from "../live/live-page";
import { SamplesPage } from "../live/samples-page";
import { PeoplePage } from "../people/people-page";
import { PersonPage } from "../people/person-page";
import { ExitIcon, MoonIcon, SunIcon } from "../shared/icons";
import { PageHead, Trouble, Turning } from "../shared/pieces";
import { QuarantinePage } from "../untaken/quarantine-page";
import { RejectsPage } from "../untaken/rejects-page";
import bird from "./bird.svg";
import { SignedOut } from "./enter";

/** The console, for whoever is signed in. */
export function Console() {
  const session = useQuery({
    queryKey: ["session"],
    queryFn: readSession,
    refetchInterval: 60_000,
  });
  if (session.isPending) {
    return (
      <Center mih="100dvh">
        <Turning size="md" what="Loading" />
      </Center>
    );
  }
  if (session.error && !session.data) {
    return (
      <Container size="xs" py="xl" component="main">
        <Trouble error={session.error} again={() => session.refetch()} />
      </Container>
    );
  }
  if (!session.data?.signed_in) return <SignedOut />;
  // What stands behind # is sent to no server, so nobody's identifier is written down on the way.
  return (
    <Router hook={useHashLocation}>
      <Shell />
    </Router>
  );
}

function Shell() {
  return (
    <AppShell header={{ height: 56 }} padding="md">
      <AppShell.Header>
        <Container size="xl" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
            <Group gap="md" wrap="nowrap">
              <Group gap="xs" wrap="nowrap">
                <img src={bird} width="28" height="28" alt="" />
                <Text fw={700} visibleFrom="xs">
                  Tailorbird
                </Text>
              </Group>
              <Group component="nav" aria-label="Pages" gap={4} wrap="nowrap">
                <To path="/" patterns={EVENT_PAGES.map(({ path }) => path)}>
                  Events
                </To>
                <To path="/people" patterns={["/people", "/people/:id"]}>
                  People
                </To>
              </Group>
            </Group>
            <Group gap={4} wrap="nowrap">
              <Colours />
              <Leave />
            </Group>
          </Group>
        </Container>
      </AppShell.Header>
      <AppShell.Main>
        <Container size="xl" px={0}>
          <Pages />
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}

function Pages() {
  return (
    <Switch>
      {EVENT_PAGES.map(({ path, page: Page }) => (
        <Route key={path} path={path}>
          <Stack gap="sm">
            <EventNav />
            <Page />
          </Stack>
        </Route>
      ))}
      <Route path="/people" component={PeoplePage} />
      <Route path="/people/:id">{({ id }) => <PersonPage key={id} id={decoded(id)} />}</Route>
      <Route path="/live">
        <Redirect to="/" />
      </Route>
      <Route>
        <Stack gap="sm">
          <PageHead title="There is no such page" />
          <Anchor component={Link} href="/">
            Go to the live events
          </Anchor>
        </Stack>
      </Route>
    </Switch>
  );
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

const EVENT_PAGES = [
  { path: "/", name: "Live", page: LivePage },
  { path: "/quarantine", name: "Quarantine", page: QuarantinePage },
  { path: "/rejects", name: "Rejected", page: RejectsPage },
  { path: "/samples", name: "Samples", page: SamplesPage },
];

/** From what arrives now to what was not taken, and what arrives on the whole. */
function EventNav() {
  return (
    <Group component="nav" aria-label="Events" gap={4} ml={-8}>
      {EVENT_PAGES.map(({ path, name }) => (
        <To key={path} path={path} patterns={[path]}>
          {name}
        </To>
      ))}
    </Group>
  );
}

interface ToProps {
  path: string;
  patterns: string[];
  children: string;
}

function To({ path, patterns, children }: ToProps) {
  const [here] = useLocation();
  const { parser } = useRouter();
  const isHere = patterns.some((pattern) => matchRoute(parser, pattern, here)[0]);
  return (
    <Anchor
      component={Link}
      href={path}
      underline="never"
      c={isHere ? "bird" : "dimmed"}
      fw={isHere ? 650 : 500}
      size="sm"
      px={8}
      py={6}
      aria-current={isHere ? "page" : undefined}
      style={{ whiteSpace: "nowrap" }}
    >
      {children}
    </Anchor>
  );
}

function Colours() {
  const { setColorScheme } = useMantineColorScheme();
  const other = useComputedColorScheme("light") === "dark" ? "light" : "dark";
  return (
    <Tooltip label={`Use ${other} colours`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        onClick={() => setColorScheme(other)}
        aria-label={`Use ${other} colours`}
      >
        {other === "light" ? <SunIcon /> : <MoonIcon />}
      </ActionIcon>
    </Tooltip>
  );
}

function Leave() {
  const queries = useQueryClient();
  const leave = async () => {
    queries.setQueryData(["session"], await signOut());
  };
  return (
    <Tooltip label="Sign out">
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={leave} aria-label="Sign out">
        <ExitIcon />
      </ActionIcon>
    </Tooltip>
  );
}
