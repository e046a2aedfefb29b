// What the parts of the library say to each other.

export type Properties = Record<string, unknown>;

// A message in the shape of Segment's interface.
export interface Message {
  type: "track" | "identify" | "page" | "group" | "alias";
  messageId: string;
  timestamp: string;
  context: Properties;
  anonymousId?: string;
  userId?: string;
  event?: string;
  properties?: Properties;
  traits?: Properties;
  [more: string]: unknown;
}

// What the server says became of a message.
export interface Outcome {
  status: string;
  reason?: string;
  warning?: string;
}

// What happened to a message, for whoever watches.
export type Note =
  | {
      is: "held" | "queued" | "sent" | "dropped";
      message: Message;
      outcome?: Outcome;
      why?: string;
    }
  | { is: "trouble"; why: string };

// What listeners on the page tell of; `passive` is what nobody did on purpose, such as time going by.
export interface Sink {
  // Whom the page named; empty for nobody.
  readonly user: string;
  observe(event: string, properties: Properties, passive?: boolean): void;
  page(properties: Properties): void;
  track(event: string, properties: Properties, more?: Partial<Message>): void;
  identify(userId: string, traits?: Properties): void;
  consent(said: Record<string, boolean>): void;
}

// What the debug overlay may look at.
export interface Watched {
  state(): Record<string, unknown>;
  notes: readonly Note[];
  watch(told: (note: Note) => void): void;
}
