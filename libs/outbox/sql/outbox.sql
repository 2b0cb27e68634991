-- Events of this service, stored together with what they tell of, until the relay has published them.
create table outbox (
  position bigint generated always as identity primary key,
  id text not null,
  topic text not null,
  key text not null,
  value text not null,
  headers json not null,
  stored_at timestamptz not null default now(),
  sent_at timestamptz,
  set_aside_at timestamptz,
  problem text
);
create index outbox_waiting on outbox (position) where sent_at is null and set_aside_at is null;
create index outbox_set_aside on outbox (topic, key) where sent_at is null and set_aside_at is not null;
