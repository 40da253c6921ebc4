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
	"party" text NOT NULL,
	"account_id" uuid NOT NULL,
	"submitted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "account_parties_party_submitted_at_account_id_pk" PRIMARY KEY("party","submitted_at","account_id")
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
	"owner_groups" text[] NOT NULL,
	"owner_missing_since" timestamp (3) with time zone,
	"justification" text NOT NULL,
	"description" text,
	"attributes" jsonb NOT NULL,
	"template_id" uuid NOT NULL,
	"template_version" integer NOT NULL,
	"approval" jsonb NOT NULL,
	"end_of_life" text NOT NULL,
	"interval" text NOT NULL,
	"submitted_at" timestamp (3) with time zone NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"renewal_opens_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"ended" boolean NOT NULL,
	"renewal" jsonb,
	"retirement" jsonb,
	"organizational_unit" text NOT NULL,
	"vault_folder" text NOT NULL,
	"object_guid" text,
	"object_sid" text,
	"distinguished_name" text,
	"secret" jsonb
);
--> statement-breakpoint
CREATE TABLE "delegations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"delegator" text NOT NULL,
	"delegate" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "destructive_steps" (
	"account_id" uuid NOT NULL,
	"step" text NOT NULL,
	"occasion" timestamp (3) with time zone NOT NULL,
	"domain" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "destructive_steps_account_id_step_occasion_pk" PRIMARY KEY("account_id","step","occasion")
);
--> statement-breakpoint
CREATE TABLE "domains" (
	"fqdn" text PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"brake_per_hour" integer DEFAULT 200 NOT NULL,
	"brake_engaged_at" timestamp (3) with time zone,
	"brake_released_at" timestamp (3) with time zone,
	"brake_released_by" text
);
--> statement-breakpoint
CREATE TABLE "drafts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"author" text NOT NULL,
	"request" jsonb NOT NULL,
	"template_id" uuid,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "freezes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"reason" text NOT NULL,
	"frozen_by" text NOT NULL,
	"frozen_at" timestamp (3) with time zone NOT NULL,
	"thawed_by" text,
	"thawed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "group_members" (
	"group_name" text NOT NULL,
	"user_name" text NOT NULL,
	CONSTRAINT "group_members_group_name_user_name_pk" PRIMARY KEY("group_name","user_name")
);
--> statement-breakpoint
CREATE TABLE "groups" (
	"name" text PRIMARY KEY NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "migrations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"changes" jsonb NOT NULL,
	"accounts" integer NOT NULL,
	"per_minute" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "name_reservations" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"domain" text NOT NULL,
	"sam_account_name" text NOT NULL,
	"template_id" uuid NOT NULL,
	"reserved_at" timestamp (3) with time zone NOT NULL,
	"released_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notices_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" uuid,
	"template_id" uuid,
	"domain" text,
	"kind" text NOT NULL,
	"occasion" text DEFAULT '' NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"recipient" text NOT NULL,
	"address" text NOT NULL,
	"detail" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"sent_at" timestamp (3) with time zone,
	CONSTRAINT "notices_once" UNIQUE NULLS NOT DISTINCT("account_id","template_id","domain","kind","due_at","occasion","address")
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
CREATE TABLE "template_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "template_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"template_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"type" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "template_versions" (
	"template_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"document" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"published_by" text,
	"published_at" timestamp (3) with time zone,
	CONSTRAINT "template_versions_template_id_version_pk" PRIMARY KEY("template_id","version")
);
--> statement-breakpoint
CREATE TABLE "templates" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"domain" text NOT NULL,
	"newest_version" integer NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"name" text PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"emails" text[] DEFAULT '{}' NOT NULL,
	"directory_domain" text,
	"directory_sam_account_name" text,
	"disabled" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "users_directory_account_whole" CHECK (("users"."directory_domain" is null) = ("users"."directory_sam_account_name" is null))
);
--> statement-breakpoint
ALTER TABLE "account_events" ADD CONSTRAINT "account_events_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_parties" ADD CONSTRAINT "account_parties_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delegations" ADD CONSTRAINT "delegations_delegator_users_name_fk" FOREIGN KEY ("delegator") REFERENCES "public"."users"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delegations" ADD CONSTRAINT "delegations_delegate_users_name_fk" FOREIGN KEY ("delegate") REFERENCES "public"."users"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drafts" ADD CONSTRAINT "drafts_author_users_name_fk" FOREIGN KEY ("author") REFERENCES "public"."users"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_group_name_groups_name_fk" FOREIGN KEY ("group_name") REFERENCES "public"."groups"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_user_name_users_name_fk" FOREIGN KEY ("user_name") REFERENCES "public"."users"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "template_versions" ADD CONSTRAINT "template_versions_template_id_templates_id_fk" FOREIGN KEY ("template_id") REFERENCES "public"."templates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "template_versions" ADD CONSTRAINT "template_versions_created_by_users_name_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "templates" ADD CONSTRAINT "templates_domain_domains_fqdn_fk" FOREIGN KEY ("domain") REFERENCES "public"."domains"("fqdn") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "account_parties_account" ON "account_parties" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "accounts_newest" ON "accounts" USING btree ("submitted_at","id");--> statement-breakpoint
CREATE INDEX "accounts_by_state" ON "accounts" USING btree ("state","submitted_at","id");--> statement-breakpoint
CREATE INDEX "accounts_by_domain" ON "accounts" USING btree ("domain","submitted_at","id");--> statement-breakpoint
CREATE INDEX "accounts_by_template" ON "accounts" USING btree ("template_id","submitted_at","id");--> statement-breakpoint
CREATE INDEX "accounts_blocked" ON "accounts" USING btree ("submitted_at","id") WHERE "accounts"."blocked" is not null;--> statement-breakpoint
CREATE INDEX "accounts_queued" ON "accounts" USING btree ("domain",("blocked" ->> 'since')) WHERE "accounts"."blocked" ->> 'code' in ('EngineOffline', 'EngineTimeout');--> statement-breakpoint
CREATE INDEX "accounts_name_trigrams" ON "accounts" USING gin (lower("sam_account_name") gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "delegations_delegator" ON "delegations" USING btree ("delegator","starts_at","id");--> statement-breakpoint
CREATE INDEX "delegations_delegate" ON "delegations" USING btree ("delegate","ends_at");--> statement-breakpoint
CREATE INDEX "destructive_steps_domain" ON "destructive_steps" USING btree ("domain","at");--> statement-breakpoint
CREATE INDEX "drafts_author" ON "drafts" USING btree ("author","created_at","id");--> statement-breakpoint
CREATE INDEX "drafts_template" ON "drafts" USING btree ("template_id");--> statement-breakpoint
CREATE INDEX "freezes_newest" ON "freezes" USING btree ("frozen_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "freezes_in_force" ON "freezes" USING btree ("scope","subject") WHERE "freezes"."thawed_at" is null;--> statement-breakpoint
CREATE INDEX "group_members_user" ON "group_members" USING btree ("user_name");--> statement-breakpoint
CREATE INDEX "migrations_newest" ON "migrations" USING btree ("requested_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "name_reservations_taken" ON "name_reservations" USING btree ("domain",lower("sam_account_name")) WHERE "name_reservations"."released_at" is null;--> statement-breakpoint
CREATE INDEX "name_reservations_template" ON "name_reservations" USING btree ("template_id");--> statement-breakpoint
CREATE INDEX "notices_by_kind" ON "notices" USING btree ("kind","id");--> statement-breakpoint
CREATE INDEX "notices_by_template" ON "notices" USING btree ("template_id","id");--> statement-breakpoint
CREATE INDEX "notices_by_domain" ON "notices" USING btree ("domain","id");--> statement-breakpoint
CREATE INDEX "operations_created_at" ON "operations" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "template_events_template" ON "template_events" USING btree ("template_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "template_versions_draft" ON "template_versions" USING btree ("template_id") WHERE "template_versions"."state" = 'draft';--> statement-breakpoint
CREATE UNIQUE INDEX "template_versions_published" ON "template_versions" USING btree ("template_id") WHERE "template_versions"."state" = 'published';--> statement-breakpoint
CREATE INDEX "template_versions_created_by" ON "template_versions" USING btree ("created_by");--> statement-breakpoint
CREATE INDEX "templates_name" ON "templates" USING btree ("name","id");--> statement-breakpoint
CREATE INDEX "templates_domain" ON "templates" USING btree ("domain");--> statement-breakpoint
CREATE UNIQUE INDEX "users_token_hash" ON "users" USING btree ("token_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "users_directory_account" ON "users" USING btree ("directory_domain",lower("directory_sam_account_name"));--> statement-breakpoint
CREATE INDEX "users_by_role" ON "users" USING btree ("role");