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
	SELECT "news_id"::text, 'billing.payment-' || "status" || '.v1', "order_id"::text, CASE "status"
		WHEN 'captured' THEN json_build_object('orderId', "order_id", 'amount', json_build_object('cents', "cents", 'currency', "currency"), 'paymentId', "payment_id")
		ELSE json_build_object('orderId', "order_id", 'reason', "reason")
	END::text, json_build_object(
		'ce_specversion', '1.0', 'ce_id', "news_id"::text, 'ce_type', 'billing.payment-' || "status" || '.v1', 'ce_source', '/billing',
		'ce_time', to_char("decided_at" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'content-type', 'application/json'
	), "decided_at"
	FROM "charges" WHERE "decided_at" IS NOT NULL AND "said_at" IS NULL ORDER BY "decided_at";
--> statement-breakpoint
INSERT INTO "outbox" ("id", "topic", "key", "value", "headers", "stored_at")
	SELECT "news_id"::text, 'billing.price-list-changed.v1', "sku", json_build_object(
		'sku', "sku", 'price', json_build_object('cents', "cents", 'currency', "currency"), 'revision', "revision"
	)::text, json_build_object(
		'ce_specversion', '1.0', 'ce_id', "news_id"::text, 'ce_type', 'billing.price-list-changed.v1', 'ce_source', '/billing',
		'ce_time', to_char("changed_at" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'content-type', 'application/json'
	), "changed_at"
	FROM "price_list" WHERE "said_at" IS NULL ORDER BY "changed_at";
--> statement-breakpoint
ALTER TABLE "charges" DROP COLUMN "news_id";
--> statement-breakpoint
ALTER TABLE "charges" DROP COLUMN "said_at";
--> statement-breakpoint
ALTER TABLE "price_list" DROP COLUMN "news_id";
--> statement-breakpoint
ALTER TABLE "price_list" DROP COLUMN "changed_at";
--> statement-breakpoint
ALTER TABLE "price_list" DROP COLUMN "said_at";
