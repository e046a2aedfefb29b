// Where a one-time link leads: the page posts what stands behind its #, which no server was sent.
import { Anchor, Center, Code, Paper, Stack, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { signIn } from "../api/client";
import { Turning } from "../shared/pieces";

const HOME = "/console/";

/** Wait until somebody sees the page: browsers and other programs load links ahead. */
function seen(): Promise<void> {
  const isSeen = () => document.visibilityState === "visible";
  if (isSeen()) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (!isSeen()) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}

function tokenOf(place: Location): string {
  return place.hash.slice(1) || new URLSearchParams(place.search).get("token") || "";
}

let entering: Promise<void> | undefined;

function enter(): Promise<void> {
  entering ??= seen()
    .then(() => signIn(tokenOf(location)))
    .then(() => location.replace(HOME));
  return entering;
}

/** The page that signs this browser in, and then leads to the console. */
export function Enter() {
  const [fault, setFault] = useState("");
  useEffect(() => {
    enter().catch((error: Error) => setFault(error.message));
  }, []);
  return fault ? <SignedOut fault={fault} /> : <Waiting />;
}

function Waiting() {
  return (
    <Center component="main" mih="100dvh">
      <Stack align="center" gap="sm">
        <Turning size="md" what="Signing in" />
        <Text c="dimmed">Signing in…</Text>
      </Stack>
    </Center>
  );
}

/** What stands in the place of the console for whoever is not signed in. */
export function SignedOut({ fault }: { fault?: string }) {
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder p="xl" radius="lg" maw={520} w="100%">
        <Stack gap="sm">
          <Title order={1} size="h3">
            {fault ? "This link does not sign in" : "You are not signed in"}
          </Title>
          {fault && (
            <Text role="alert" className="tb-rejected">
              {fault}
            </Text>
          )}
          <Text>
            On the machine of the server, in the folder of the project, this opens the console or
            prints a link to it:
          </Text>
          <Code block>tailorbird open</Code>
          <Text size="sm" c="dimmed">
            A link is good once and for ten minutes. A signed-in browser stays so for twelve hours,
            or until the server is started again.{" "}
            {fault && <Anchor href={HOME}>You may be signed in already.</Anchor>}
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}
