CREATE TABLE "sales" (
	"order_id" uuid PRIMARY KEY NOT NULL,
	"placed_at" timestamp with time zone,
	"paid_at" timestamp with time zone,
	"paid_cents" bigint,
	"paid_currency" text,
	"rejected_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "sales_placed" ON "sales" USING btree ("placed_at");
--> statement-breakpoint
CREATE INDEX "sales_paid" ON "sales" USING btree ("paid_at");
