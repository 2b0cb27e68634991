CREATE TABLE "charges" (
	"order_id" uuid PRIMARY KEY NOT NULL,
	"cents" bigint NOT NULL,
	"currency" text NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"payment_id" text,
	"reason" text,
	"news_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"decided_at" timestamp with time zone,
	"said_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "price_list" (
	"sku" text PRIMARY KEY NOT NULL,
	"cents" bigint NOT NULL,
	"currency" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"news_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"said_at" timestamp with time zone
);
