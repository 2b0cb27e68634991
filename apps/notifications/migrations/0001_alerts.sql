CREATE TABLE "alerts" (
	"service" text NOT NULL,
	"code" text NOT NULL,
	"topic" text NOT NULL,
	"mail" uuid NOT NULL,
	"next_mail_at" timestamp with time zone NOT NULL,
	CONSTRAINT "alerts_service_code_topic_pk" PRIMARY KEY("service","code","topic")
);
--> statement-breakpoint
CREATE TABLE "heard_dead_letters" (
	"service" text NOT NULL,
	"code" text NOT NULL,
	"topic" text NOT NULL,
	"id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"handler" text NOT NULL,
	"attempts" integer NOT NULL,
	"redrives" integer NOT NULL,
	"place" text NOT NULL,
	"key" text NOT NULL,
	"error" text NOT NULL,
	"mail" uuid,
	"told_at" timestamp with time zone,
	CONSTRAINT "heard_dead_letters_service_id_at_pk" PRIMARY KEY("service","id","at")
);
--> statement-breakpoint
CREATE INDEX "untold_dead_letters" ON "heard_dead_letters" USING btree ("service","code","topic") WHERE told_at is null;
