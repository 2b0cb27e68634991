-- Which events which handlers of this service have handled.
create table inbox (
  handler text not null,
  message_id text not null,
  handled_at timestamptz not null default now(),
  primary key (handler, message_id)
);
create index inbox_handled_at on inbox (handled_at);
