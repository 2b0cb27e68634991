-- Which events which handlers of this service have handled.
create table inbox (
  handler text not null,
  message_id text not null,
  handled_at timestamptz not null default now(),
  primary key (handler, message_id)
);
create index inbox_handled_at on inbox (handled_at);
--> statement-breakpoint
CREATE TABLE "takings" (
	"currency" text PRIMARY KEY NOT NULL,
	"captured_cents" bigint NOT NULL,
	"payments" bigint NOT NULL
);
--> statement-breakpoint
-- What was counted before there was a sum. The inbox knows nothing of it: one that comes once more is added once more.
INSERT INTO "takings" ("currency", "captured_cents", "payments")
	SELECT "paid_currency", sum("paid_cents"), count(*) FROM "sales" WHERE "paid_at" IS NOT NULL GROUP BY "paid_currency";
