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
--> statement-breakpoint
-- What was stored and perhaps not told, under the identity that it had.
INSERT INTO "outbox" ("id", "topic", "key", "value", "headers", "stored_at")
	SELECT "news_id"::text, 'orders.order-placed.v1', "id"::text, json_build_object(
		'orderId', "id", 'customerEmail', "customer_email", 'card', "card", 'lines', "lines",
		'total', json_build_object('cents', "total_cents", 'currency', "currency")
	)::text, json_build_object(
		'ce_specversion', '1.0', 'ce_id', "news_id"::text, 'ce_type', 'orders.order-placed.v1', 'ce_source', '/orders',
		'ce_time', to_char("placed_at" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'content-type', 'application/json'
	), "placed_at"
	FROM "orders" WHERE "published_at" IS NULL ORDER BY "placed_at";
--> statement-breakpoint
ALTER TABLE "orders" DROP COLUMN "news_id";
--> statement-breakpoint
ALTER TABLE "orders" DROP COLUMN "published_at";
