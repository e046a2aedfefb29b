"""Every limit of the product in one place. What exceeds one is refused by name or flagged."""

from typing import Final

BAG_ENTRIES: Final = 4_096
"""Entries that a window keeps per person and operator before the person counts as heavy."""
DECAY_HOPS: Final = 1_280
"""After so many hops the weight of a point is zero."""
EXPRESSION_BYTES: Final = 65_536
EXPRESSION_DEPTH: Final = 50
CHAIN_DEPTH: Final = 150
"""How deep expressions are nested where each definition is followed into those that it uses."""
DEFINITION_FILE_BYTES: Final = 4 * 1024 * 1024
DEFINITION_FILES: Final = 1_000
DEFINITIONS: Final = 10_000
PROBLEMS: Final = 100
"""Faults that are told of at once; those beyond are counted."""
ITEMS: Final = 1_000
"""Items of a list that any, all and sum look at."""
LOOK_AHEAD_FACTS: Final = 1_000_000
"""Facts that are read again, at most, to see until when an answer stays."""
PATTERN_BYTES: Final = 1_000
SEQUENCE_STEPS: Final = 20
STEP_TIMES: Final = 100
SMOOTHED_VALUES: Final = 1_000
TOP_VALUES: Final = 100
NEAR_KM: Final = 200
AREA_POINTS: Final = 10_000
"""Corners that the polygons of one area may have together."""
POPULATION_MINIMUM: Final = 100
"""People with a value that cut points need."""
NAME_CHARACTERS: Final = 200
ID_CHARACTERS: Final = 512
FACT_BYTES: Final = 262_144
FACT_DEPTH: Final = 32
PROPERTIES: Final = 1_000
HOT_COLUMNS: Final = 200
"""Properties that the history keeps as typed columns."""
LINKS_PER_PERSON: Final = 1_000
"""Identifiers that one person may unite."""
ORDER_LINES: Final = 10_000_000
"""Lines of orders in one imported file: they wait in memory for the rest of their orders."""
INSTANTS: Final = 10_000
"""Instants that one command may ask about in a row."""
BODY_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one request, as it is sent and after it is unpacked."""
LZ_CHARACTERS: Final = 256 * 1024
"""Characters of one request that are packed as LZ-string, which takes longer than to inflate."""
BATCH_ITEMS: Final = 5_000
"""Messages of one request."""
WAITING_FACTS: Final = 100_000
"""Facts that wait for the log at a time; who comes then is told to come again."""
WAITING_BYTES: Final = 64 * 1024 * 1024
"""The same for the text of their properties and contexts."""
URGENT_FACTS: Final = 1_000
"""So many more may wait of those that say nothing but what people consent to."""
URGENT_BYTES: Final = 16_384
"""A body of so many bytes is looked into for them while nothing else is taken."""
FRESH_FACTS: Final = 20_000
"""The newest facts of the log that are held in memory for those who follow it."""
FRESH_BYTES: Final = 16 * 1024 * 1024
"""The same for the text of their properties and contexts."""
OPEN_BODY_BYTES: Final = 64 * 1024 * 1024
"""Bytes of all requests that are being received: of all events together, and of all questions."""
HEAD_BYTES: Final = 65_536
"""Bytes of a request before its body, and of what is read with them at once."""
HEAD_SECONDS: Final = 10
"""How long they may take to come."""
PAUSE_SECONDS: Final = 10
"""How long nothing may come of a body."""
BODY_SECONDS: Final = 60
"""How long the whole of it may take."""
PURPOSES: Final = 100
STATEMENTS: Final = 64
"""What one identifier said of one purpose that is held for the gate: the newest."""
REJECTS: Final = 10_000
"""Rejected messages that are kept; the oldest go first."""
REJECTS_BYTES: Final = 64 * 1024 * 1024
"""Bytes of all of them together."""
REJECT_BYTES: Final = 16 * 1024
"""Bytes that are kept of one."""
WAITING_REJECTS: Final = 1_000
"""Rejected messages that wait in memory to be written down; what is more is counted alone."""
FINGERPRINTS: Final = 524_288
"""Places for what the newest messages say, 8 bytes each: by them reused ids are told."""
RECORD_DAYS: Final = 3_650
"""The longest that entries of the record may be kept."""
REJECT_DAYS: Final = 90
"""The longest that they may be kept."""
ASKED_PEOPLE: Final = 500
"""People that one request may read."""
ASKED_BYTES: Final = 1024 * 1024
"""Bytes of a request that asks for something."""
PAGE_ITEMS: Final = 1_000
"""Members, or facts of somebody, on one page."""
HISTORY_QUESTIONS: Final = 32
"""Requests that wait for the history at a time; who comes then is told to come again."""
ENDPOINTS: Final = 50
"""Endpoints of webhooks that a project may have."""
ENDPOINT_SECRETS: Final = 5
"""Secrets of one endpoint that sign at the same time."""
ENDPOINT_SENDS: Final = 16
"""Messages that may be on their way to one endpoint."""
URL_CHARACTERS: Final = 2_000
ANSWER_BYTES: Final = 65_536
"""Bytes of an answer to a message that are read; what it says is not looked at."""
WAITING_MESSAGES: Final = 1_000_000
"""Messages that may wait for one endpoint; with more it is disabled, and nothing new is made."""
MESSAGE_TRIES: Final = 150
MESSAGE_DAYS: Final = 4
"""A message is given up when its first try is so many days ago."""
FAILING_DAYS: Final = 5
"""An endpoint that has taken nothing for so many days is disabled."""
DEAD_MESSAGE_DAYS: Final = 30
"""Messages that were given up are kept for so many days, to be sent again by hand."""
PAGES: Final = 10_000
"""Pages that are open at a time, each hearing of one person."""
VISITOR_CHARACTERS: Final = 200
"""Characters of a visitor's id that is kept in a cookie."""
VISITORS_PAGES: Final = 5_000
"""Of those the ones whose visitors got their tickets by themselves."""
PAGES_PER_PERSON: Final = 20
"""The same for one identifier."""
STREAMS: Final = 100
"""Systems that hear of everybody's turns at a time."""
TICKET_SECONDS: Final = 3_600
"""How long a ticket may be good."""
TICKET_IDS: Final = 4
"""Identifiers beside the first one for which a ticket may be."""
TICKET_BODY_BYTES: Final = 8_192
"""Bytes of a request for a ticket."""
RUNS_KEPT: Final = 500
"""Runs of one schedule that are remembered."""
SCHEDULES: Final = 100
"""Schedules that a project may have."""
SCHEDULED_FILES: Final = 10_000
"""Files that one schedule may look at."""
FOLLOWED_REJECT_BYTES: Final = 16 * 1024 * 1024
"""Bytes of the file with what could not be read of a stream; of what was before, as many more."""
QUERY_CHARACTERS: Final = 100_000
"""The text of a query that a database is asked."""
WATCHED_MESSAGES: Final = 10_000
"""The newest messages to the collector that are held in memory for whoever watches them arrive."""
TURNED_AWAY: Final = 50
"""Ways in which requests were turned away that are counted apart: by address and answer."""
WATCHERS: Final = 20
"""Who may watch them at a time."""
SAMPLES_PER_HOUR: Final = 20
"""Messages of each hour that are held as its sample."""
SAMPLED_HOURS: Final = 24
SIGN_IN_LINKS: Final = 20
"""One-time links to the console that wait to be used; the oldest go first."""
SIGN_IN_MINUTES: Final = 10
"""How long one is good."""
SESSIONS: Final = 100
"""Browsers that are signed in; the longest signed in goes first."""
SESSION_HOURS: Final = 12
"""How long one stays signed in."""
PLANNED_EVENTS: Final = 2_000
"""Events that a tracking plan may name."""
SCHEMA_PARTS: Final = 5_000
"""Keys and values that one JSON Schema of a tracking plan may have, shared ones included."""
SCHEMA_DEPTH: Final = 32
TAGGED_PAGES: Final = 200
"""Kinds of pages that a tracking plan may tell by their paths."""
AGENT_CHARACTERS: Final = 1_024
"""Characters of a user agent that are looked at."""
QUARANTINED: Final = 1_000_000
"""Messages that are kept aside; the oldest go first."""
QUARANTINE_DAYS: Final = 365
"""The longest that they may be kept."""
REPLAYED: Final = 1_000
"""Messages kept aside that are tried again at a time."""
HOOKS: Final = 50
"""Inbound webhooks that a project may have."""
HOOK_SETTING_CHARACTERS: Final = 65_536
"""Of one setting of an inbound webhook."""
WATCHED_IDS: Final = 100_000
"""Identifiers whose pace, and last act, are remembered to tell robots and double clicks."""
HONEYPOTS: Final = 100
"""Names of events and paths that give robots away."""
RECONCILED_KEYS: Final = 5_000_000
"""Keys of one source that is compared with another: they lie in memory."""
KEY_ALIASES: Final = 20
"""Other names that a write key is known by, such as the tag ids of a site."""
PER_MINUTE: Final = 100_000_000
"""Messages a minute that a key may be limited to."""
