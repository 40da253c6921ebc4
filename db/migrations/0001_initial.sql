CREATE TABLE "account_events" (
	"account_id" uuid NOT NULL,
	"sequence" integer NOT NULL,
	"type" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor" text NOT NULL,
	"state" text NOT NULL,
	"detail" jsonb NOT NULL,
	CONSTRAINT "account_events_account_id_sequence_pk" PRIMARY KEY("account_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "account_parties" (
	"user_name" text NOT NULL,
	"account_id" uuid NOT NULL,
	"submitted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "account_parties_user_name_submitted_at_account_id_pk" PRIMARY KEY("user_name","submitted_at","account_id")
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"domain" text NOT NULL,
	"sam_account_name" text NOT NULL,
	"state" text NOT NULL,
	"sequence" integer NOT NULL,
	"blocked" jsonb,
	"requester" text NOT NULL,
	"owners" text[] NOT NULL,
	"justification" text NOT NULL,
	"description" text,
	"template_id" uuid NOT NULL,
	"template_version" integer NOT NULL,
	"approval" jsonb NOT NULL,
	"end_of_life" text NOT NULL,
	"submitted_at" timestamp (3) with time zone NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"remind_at" timestamp (3) with time zone,
	"renewal_opens_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"object_guid" text,
	"object_sid" text,
	"distinguished_name" text,
	"secret" jsonb,
	"state_since" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "domains" (
	"fqdn" text PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "name_reservations" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"domain" text NOT NULL,
	"sam_account_name" text NOT NULL,
	"reserved_at" timestamp (3) with time zone NOT NULL,
	"released_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "operations" (
	"caller" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"status" integer,
	"body" jsonb,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "operations_caller_key_pk" PRIMARY KEY("caller","key")
);
--> statement-breakpoint
CREATE TABLE "template_versions" (
	"template_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"document" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "template_versions_template_id_version_pk" PRIMARY KEY("template_id","version")
);
--> statement-breakpoint
CREATE TABLE "templates" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"domain" text NOT NULL,
	"current_version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"name" text PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "account_events" ADD CONSTRAINT "account_events_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_parties" ADD CONSTRAINT "account_parties_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "template_versions" ADD CONSTRAINT "template_versions_template_id_templates_id_fk" FOREIGN KEY ("template_id") REFERENCES "public"."templates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "template_versions" ADD CONSTRAINT "template_versions_created_by_users_name_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "templates" ADD CONSTRAINT "templates_domain_domains_fqdn_fk" FOREIGN KEY ("domain") REFERENCES "public"."domains"("fqdn") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "account_parties_account" ON "account_parties" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "accounts_newest" ON "accounts" USING btree ("submitted_at","id");--> statement-breakpoint
CREATE INDEX "accounts_by_state" ON "accounts" USING btree ("state","submitted_at","id");--> statement-breakpoint
CREATE INDEX "accounts_by_domain" ON "accounts" USING btree ("domain","submitted_at","id");--> statement-breakpoint
CREATE INDEX "accounts_blocked" ON "accounts" USING btree ("submitted_at","id") WHERE "accounts"."blocked" is not null;--> statement-breakpoint
CREATE INDEX "accounts_queued" ON "accounts" USING btree ("domain","state_since") WHERE "accounts"."state" in ('approved', 'withdrawing', 'retiring');--> statement-breakpoint
CREATE INDEX "accounts_name_trigrams" ON "accounts" USING gin (lower("sam_account_name") gin_trgm_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "name_reservations_taken" ON "name_reservations" USING btree ("domain",lower("sam_account_name")) WHERE "name_reservations"."released_at" is null;--> statement-breakpoint
CREATE INDEX "template_versions_created_by" ON "template_versions" USING btree ("created_by");--> statement-breakpoint
CREATE INDEX "templates_name" ON "templates" USING btree ("name","id");--> statement-breakpoint
CREATE INDEX "templates_domain" ON "templates" USING btree ("domain");--> statement-breakpoint
CREATE UNIQUE INDEX "users_token_hash" ON "users" USING btree ("token_hash");