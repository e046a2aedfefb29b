// Pieces that several pages are made of.
import {
  ActionIcon,
  Alert,
  Button,
  Card,
  Code,
  CopyButton,
  Group,
  Loader,
  Stack,
  Text,
  Title,
  Tooltip,
} from "@mantine/core";
import type { ReactNode } from "react";
import { Fault } from "../api/client";
import { curlOf } from "../api/paths";
import { CheckIcon, CopyIcon } from "./icons";
import { inUtc, shownInstant, unturned } from "./shown";

/** An instant in the zone of whoever looks, with UTC for whoever hovers. */
export function Instant({ at }: { at: string }) {
  return (
    <time dateTime={at} title={inUtc(at)}>
      {shownInstant(at)}
    </time>
  );
}

/** What others named, apart from what is around it: an address reads as one in any script. */
export function Said({ children }: { children: string }) {
  return <bdi dir="ltr">{unturned(children)}</bdi>;
}

/** Copies a command that asks for what the page shows. */
export function CopyCurl({ path }: { path: string }) {
  return (
    <CopyButton value={curlOf(path)}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          size="xs"
          onClick={copy}
          leftSection={copied ? <CheckIcon /> : <CopyIcon />}
        >
          {copied ? "Copied" : "Copy as curl"}
        </Button>
      )}
    </CopyButton>
  );
}

/** A button that copies some text. */
export function Copy({ text, what }: { text: string; what: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : `Copy ${what}`}>
          <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={`Copy ${what}`}>
            {copied ? <CheckIcon /> : <CopyIcon />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** Text as it is typed or sent, which can be copied. */
export function Block({ text, what }: { text: string; what: string }) {
  return (
    <div style={{ position: "relative" }}>
      <Code
        block
        tabIndex={0}
        role="region"
        aria-label={what}
        mah={420}
        style={{ overflow: "auto" }}
      >
        {text}
      </Code>
      <div style={{ position: "absolute", top: 6, right: 6 }}>
        <Copy text={text} what={what} />
      </div>
    </div>
  );
}

interface PageHeadProps {
  title: ReactNode;
  beside?: ReactNode;
  children?: ReactNode;
}

/** The name of a page, and what can be done on it. */
export function PageHead({ title, beside, children }: PageHeadProps) {
  return (
    <Group justify="space-between" align="center" gap="sm">
      <Group gap="sm" align="center" style={{ minWidth: 0 }}>
        <Title order={1} size="h3" style={{ overflowWrap: "anywhere" }}>
          {title}
        </Title>
        {beside}
      </Group>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}

interface PanelProps {
  title: string;
  says?: string;
  beside?: ReactNode;
  children: ReactNode;
}

/** A part of a page under a title of its own. */
export function Panel({ title, says, beside, children }: PanelProps) {
  return (
    <Card component="section" aria-label={title} padding="md" radius="md" withBorder>
      <Group justify="space-between" align="center" mb="sm" gap="xs">
        <div>
          <Title order={2} size="h5">
            {title}
          </Title>
          {says && (
            <Text size="xs" c="dimmed">
              {says}
            </Text>
          )}
        </div>
        {beside}
      </Group>
      {children}
    </Card>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
}

/** What stands where there is nothing to show. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center">
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" maw={520} component="div">
        {children}
      </Text>
    </Stack>
  );
}

interface TroubleProps {
  error: unknown;
  again?: () => void;
}

/** Why something could not be read, and a way to try again. */
export function Trouble({ error, again }: TroubleProps) {
  const wait = error instanceof Fault && error.status === 503;
  return (
    <Alert
      color={wait ? "yellow" : "red"}
      variant="default"
      title={wait ? "Not yet" : "This did not work"}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
        {again && (
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

interface TurningProps {
  what: string;
  size?: "xs" | "sm" | "md";
}

/** Turns while something is being asked for. */
export function Turning({ what, size = "sm" }: TurningProps) {
  return <Loader size={size} role="status" aria-label={what} />;
}

/** What stands where something is being asked for. */
export function Waiting({ what }: { what: string }) {
  return (
    <Group justify="center" p="xl">
      <Turning what={`Loading ${what}`} />
    </Group>
  );
}

interface OlderProps {
  /** A list that is asked for page by page. */
  of: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** Asks for the next page of a list, where there is one. */
export function Older({ of }: OlderProps) {
  if (!of.hasNextPage) {
    return null;
  }
  return (
    <Group justify="center" mt="sm">
      <Button
        variant="default"
        size="xs"
        loading={of.isFetchingNextPage}
        onClick={() => of.fetchNextPage()}
      >
        Show older ones
      </Button>
    </Group>
  );
}
