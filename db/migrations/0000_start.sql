CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE TABLE "credit_ledger" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"kind" text NOT NULL,
	"bucket" text NOT NULL,
	"amount" bigint NOT NULL,
	"reason" text NOT NULL,
	"source_key" text NOT NULL,
	"actor" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credit_ledger_amount" CHECK ("credit_ledger"."amount" <> 0)
);
--> statement-breakpoint
CREATE TABLE "credit_wallets" (
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"monthly" bigint DEFAULT 0 NOT NULL,
	"purchased" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "credit_wallets_merchant_id_platform_id_pk" PRIMARY KEY("merchant_id","platform_id"),
	CONSTRAINT "credit_wallets_monthly" CHECK ("credit_wallets"."monthly" >= 0),
	CONSTRAINT "credit_wallets_purchased" CHECK ("credit_wallets"."purchased" >= 0)
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"status" bigint NOT NULL,
	"answer" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "observed_features" (
	"platform_id" text NOT NULL,
	"feature_code" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "observed_features_platform_id_feature_code_pk" PRIMARY KEY("platform_id","feature_code")
);
--> statement-breakpoint
CREATE TABLE "overrides" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"feature_code" text NOT NULL,
	"limit_value" bigint,
	"has_limit" boolean NOT NULL,
	"enabled" boolean,
	"reason" text NOT NULL,
	"author" text NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"ended_by" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "overrides_limit" CHECK ("overrides"."limit_value" >= 0),
	CONSTRAINT "overrides_says_something" CHECK ("overrides"."has_limit" or "overrides"."enabled" is not null)
);
--> statement-breakpoint
CREATE TABLE "usage_counters" (
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"feature_code" text NOT NULL,
	"period_start" timestamp (3) with time zone NOT NULL,
	"used" bigint NOT NULL,
	"by_store" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "usage_counters_merchant_id_platform_id_feature_code_period_start_pk" PRIMARY KEY("merchant_id","platform_id","feature_code","period_start"),
	CONSTRAINT "usage_counters_used" CHECK ("usage_counters"."used" >= 0)
);
--> statement-breakpoint
CREATE TABLE "usage_drifts" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"feature_code" text NOT NULL,
	"period_start" timestamp (3) with time zone NOT NULL,
	"counted" bigint NOT NULL,
	"live" bigint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"repaired_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "usage_reports" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"store_id" text,
	"feature_code" text NOT NULL,
	"period_start" timestamp (3) with time zone NOT NULL,
	"quantity" bigint NOT NULL,
	"reported_by" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_reports_quantity" CHECK ("usage_reports"."quantity" <> 0)
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"merchant_id" text,
	"secret_hash" text NOT NULL,
	"prefix" text NOT NULL,
	"rate_per_minute" integer,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_secretHash_unique" UNIQUE("secret_hash")
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" text PRIMARY KEY NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"action" text NOT NULL,
	"entity" text NOT NULL,
	"entity_id" text NOT NULL,
	"merchant_id" text,
	"platform_id" text,
	"before" jsonb,
	"after" jsonb,
	"reason" text,
	"at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "capacity_snapshots" (
	"platform_id" text NOT NULL,
	"day" date NOT NULL,
	"figures" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "capacity_snapshots_platform_id_day_pk" PRIMARY KEY("platform_id","day")
);
--> statement-breakpoint
CREATE TABLE "emails" (
	"id" text PRIMARY KEY NOT NULL,
	"dedupe_key" text NOT NULL,
	"template" text NOT NULL,
	"recipient" text NOT NULL,
	"locale" text NOT NULL,
	"merchant_id" text,
	"data" jsonb NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"error" text,
	"at" timestamp (3) with time zone NOT NULL,
	"sent_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "emails_dedupeKey_unique" UNIQUE("dedupe_key")
);
--> statement-breakpoint
CREATE TABLE "job_runs" (
	"id" text PRIMARY KEY NOT NULL,
	"job" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"outcome" text,
	"result" jsonb,
	"error" text,
	"started_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" bigint
);
--> statement-breakpoint
CREATE TABLE "seeds" (
	"name" text PRIMARY KEY NOT NULL,
	"done" boolean NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stripe_differences" (
	"id" text PRIMARY KEY NOT NULL,
	"entity" text NOT NULL,
	"entity_id" text NOT NULL,
	"merchant_id" text,
	"kind" text NOT NULL,
	"local" jsonb,
	"stripe" jsonb,
	"found_at" timestamp (3) with time zone NOT NULL,
	"resolved_at" timestamp (3) with time zone,
	"resolution" text,
	"resolved_by" text,
	"note" text
);
--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"status" text NOT NULL,
	"reason" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"error" text,
	"object_id" text,
	"stripe_customer_id" text,
	"merchant_id" text,
	"api_version" text,
	"payload" jsonb NOT NULL,
	"changes" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"processed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "add_on_features" (
	"add_on_id" text NOT NULL,
	"feature_code" text NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "add_on_features_add_on_id_feature_code_pk" PRIMARY KEY("add_on_id","feature_code"),
	CONSTRAINT "add_on_features_amount" CHECK ("add_on_features"."amount" >= 0)
);
--> statement-breakpoint
CREATE TABLE "add_ons" (
	"id" text PRIMARY KEY NOT NULL,
	"platform_id" text NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"category" text NOT NULL,
	"currency" text NOT NULL,
	"interval" text NOT NULL,
	"unit_amount" bigint NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"display_order" integer DEFAULT 0 NOT NULL,
	"stripe_product_id" text,
	"stripe_price_id" text,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "add_ons_amount" CHECK ("add_ons"."unit_amount" >= 0)
);
--> statement-breakpoint
CREATE TABLE "credit_packages" (
	"id" text PRIMARY KEY NOT NULL,
	"platform_id" text NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"credits" bigint NOT NULL,
	"currency" text NOT NULL,
	"unit_amount" bigint NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"display_order" integer DEFAULT 0 NOT NULL,
	"stripe_product_id" text,
	"stripe_price_id" text,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credit_packages_credits" CHECK ("credit_packages"."credits" > 0),
	CONSTRAINT "credit_packages_amount" CHECK ("credit_packages"."unit_amount" >= 0)
);
--> statement-breakpoint
CREATE TABLE "retired_prices" (
	"stripe_price_id" text PRIMARY KEY NOT NULL,
	"add_on_id" text,
	"credit_package_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tier_limits" (
	"tier_id" text NOT NULL,
	"feature_code" text NOT NULL,
	"enabled" boolean NOT NULL,
	"limit_value" bigint,
	CONSTRAINT "tier_limits_tier_id_feature_code_pk" PRIMARY KEY("tier_id","feature_code"),
	CONSTRAINT "tier_limits_value" CHECK ("tier_limits"."limit_value" >= 0)
);
--> statement-breakpoint
CREATE TABLE "tier_prices" (
	"id" text PRIMARY KEY NOT NULL,
	"tier_id" text NOT NULL,
	"currency" text NOT NULL,
	"interval" text NOT NULL,
	"unit_amount" bigint NOT NULL,
	"stripe_price_id" text,
	"archived_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tier_prices_amount" CHECK ("tier_prices"."unit_amount" >= 0),
	CONSTRAINT "tier_prices_currency" CHECK ("tier_prices"."currency" ~ '^[A-Z]{3}$')
);
--> statement-breakpoint
CREATE TABLE "tiers" (
	"id" text PRIMARY KEY NOT NULL,
	"platform_id" text NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"is_public" boolean DEFAULT true NOT NULL,
	"is_self_service" boolean DEFAULT true NOT NULL,
	"display_order" integer DEFAULT 0 NOT NULL,
	"trial_days" integer,
	"stripe_product_id" text,
	"successor_id" text,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tiers_code_form" CHECK ("tiers"."code" ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
	CONSTRAINT "tiers_trial_days" CHECK ("tiers"."trial_days" between 0 and 730)
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"store_id" text NOT NULL,
	"number" text NOT NULL,
	"customer_name" text NOT NULL,
	"currency" text NOT NULL,
	"total" bigint NOT NULL,
	"placed_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "orders_total" CHECK ("orders"."total" >= 0)
);
--> statement-breakpoint
CREATE TABLE "products" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"store_id" text NOT NULL,
	"sku" text NOT NULL,
	"name" text NOT NULL,
	"currency" text NOT NULL,
	"unit_amount" bigint NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "products_amount" CHECK ("products"."unit_amount" >= 0)
);
--> statement-breakpoint
CREATE TABLE "billing_accounts" (
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"current_subscription_id" text,
	"trial_used_at" timestamp (3) with time zone,
	"anchor_at" timestamp (3) with time zone NOT NULL,
	"month_start" timestamp (3) with time zone NOT NULL,
	"month_end" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "billing_accounts_merchant_id_platform_id_pk" PRIMARY KEY("merchant_id","platform_id"),
	CONSTRAINT "billing_accounts_month_order" CHECK ("billing_accounts"."month_start" < "billing_accounts"."month_end")
);
--> statement-breakpoint
CREATE TABLE "checkout_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"store_id" text,
	"kind" text NOT NULL,
	"choice" text NOT NULL,
	"domain" text,
	"stripe_session_id" text,
	"url" text,
	"status" text DEFAULT 'open' NOT NULL,
	"created_by" text,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"merchant_id" text PRIMARY KEY NOT NULL,
	"stripe_customer_id" text,
	"name" text DEFAULT '' NOT NULL,
	"email" text DEFAULT '' NOT NULL,
	"line1" text DEFAULT '' NOT NULL,
	"line2" text DEFAULT '' NOT NULL,
	"postal_code" text DEFAULT '' NOT NULL,
	"city" text DEFAULT '' NOT NULL,
	"state" text DEFAULT '' NOT NULL,
	"country" text DEFAULT '' NOT NULL,
	"vat_number" text,
	"vat_status" text DEFAULT 'none' NOT NULL,
	"vat_checked_at" timestamp (3) with time zone,
	"vat_consultation_number" text,
	"vat_proof" jsonb,
	"stripe_tax_id" text,
	"tax_exempt" text DEFAULT 'none' NOT NULL,
	"card_brand" text,
	"card_last4" text,
	"card_exp_month" integer,
	"card_exp_year" integer,
	"synced_at" timestamp (3) with time zone,
	"sync_number" integer DEFAULT 0 NOT NULL,
	"deleted_at_stripe" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invoice_payments" (
	"reference" text PRIMARY KEY NOT NULL,
	"stripe_invoice_id" text,
	"stripe_session_id" text,
	"merchant_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invoices" (
	"id" text PRIMARY KEY NOT NULL,
	"stripe_invoice_id" text NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"stripe_subscription_id" text,
	"kind" text NOT NULL,
	"number" text,
	"status" text NOT NULL,
	"billing_reason" text,
	"currency" text NOT NULL,
	"subtotal" bigint NOT NULL,
	"tax" bigint NOT NULL,
	"total" bigint NOT NULL,
	"amount_due" bigint NOT NULL,
	"amount_paid" bigint NOT NULL,
	"refunded" bigint DEFAULT 0 NOT NULL,
	"credited" bigint DEFAULT 0 NOT NULL,
	"disputed_at" timestamp (3) with time zone,
	"dispute_status" text,
	"attempt_count" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"failure_code" text,
	"failure_message" text,
	"issued_at" timestamp (3) with time zone NOT NULL,
	"due_at" timestamp (3) with time zone,
	"paid_at" timestamp (3) with time zone,
	"period_start" timestamp (3) with time zone,
	"period_end" timestamp (3) with time zone,
	"hosted_invoice_url" text,
	"invoice_pdf" text,
	"lines" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"synced_at" timestamp (3) with time zone,
	"sync_number" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "invoices_stripeInvoiceId_unique" UNIQUE("stripe_invoice_id")
);
--> statement-breakpoint
CREATE TABLE "money_back" (
	"stripe_id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"invoice_id" text,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"reason" text,
	"at" timestamp (3) with time zone NOT NULL,
	"synced_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mrr_movements" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"currency" text NOT NULL,
	"kind" text NOT NULL,
	"delta" bigint NOT NULL,
	"after" bigint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "store_add_ons" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"store_id" text NOT NULL,
	"add_on_id" text NOT NULL,
	"stripe_subscription_id" text NOT NULL,
	"stripe_item_id" text NOT NULL,
	"status" text NOT NULL,
	"quantity" integer DEFAULT 1 NOT NULL,
	"domain" text,
	"current_period_start" timestamp (3) with time zone,
	"current_period_end" timestamp (3) with time zone,
	"cancel_at" timestamp (3) with time zone,
	"cancel_at_period_end" boolean DEFAULT false NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"currency" text NOT NULL,
	"mrr_cents" bigint DEFAULT 0 NOT NULL,
	"synced_at" timestamp (3) with time zone,
	"sync_number" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "store_add_ons_stripeItemId_unique" UNIQUE("stripe_item_id"),
	CONSTRAINT "store_add_ons_quantity" CHECK ("store_add_ons"."quantity" > 0)
);
--> statement-breakpoint
CREATE TABLE "subscriptions" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"is_current" boolean DEFAULT false NOT NULL,
	"tier_id" text NOT NULL,
	"status" text NOT NULL,
	"stripe_subscription_id" text,
	"stripe_schedule_id" text,
	"interval" text DEFAULT 'month' NOT NULL,
	"currency" text NOT NULL,
	"unit_amount" bigint DEFAULT 0 NOT NULL,
	"mrr_cents" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"current_period_start" timestamp (3) with time zone,
	"current_period_end" timestamp (3) with time zone,
	"trial_end" timestamp (3) with time zone,
	"cancel_at" timestamp (3) with time zone,
	"cancel_at_period_end" boolean DEFAULT false NOT NULL,
	"cancel_reason" text,
	"canceled_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"paused_collection" boolean DEFAULT false NOT NULL,
	"discounts" jsonb,
	"pending_tier_id" text,
	"pending_interval" text,
	"pending_at" timestamp (3) with time zone,
	"pending_payment_url" text,
	"pending_payment_until" timestamp (3) with time zone,
	"past_due_since" timestamp (3) with time zone,
	"grace_until" timestamp (3) with time zone,
	"attempt_count" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"amount_due" bigint DEFAULT 0 NOT NULL,
	"failure_code" text,
	"synced_at" timestamp (3) with time zone,
	"sync_number" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "subscriptions_pending" CHECK (("subscriptions"."pending_tier_id" is null) = ("subscriptions"."pending_at" is null))
);
--> statement-breakpoint
CREATE TABLE "invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"store_id" text NOT NULL,
	"email" text NOT NULL,
	"token_hash" text NOT NULL,
	"invited_by" text,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"outcome" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "invitations_tokenHash_unique" UNIQUE("token_hash"),
	CONSTRAINT "invitations_outcome" CHECK (("invitations"."closed_at" is null) = ("invitations"."outcome" is null))
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"merchant_id" text NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"store_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_merchant_id_user_id_pk" PRIMARY KEY("merchant_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "merchants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"country" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "platforms" (
	"id" text PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"default_currency" text DEFAULT 'EUR' NOT NULL,
	"grace_days" integer DEFAULT 7 NOT NULL,
	"trial_tier_code" text,
	"fallback_tier_code" text,
	"sign_up_open" boolean DEFAULT true NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "platforms_code_unique" UNIQUE("code"),
	CONSTRAINT "platforms_grace_days" CHECK ("platforms"."grace_days" between 0 and 90)
);
--> statement-breakpoint
CREATE TABLE "sign_in_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"purpose" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stores" (
	"id" text PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"merchant_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text,
	"staff_role" text,
	"locale" text,
	"session_version" integer DEFAULT 1 NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "credit_ledger" ADD CONSTRAINT "credit_ledger_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_ledger" ADD CONSTRAINT "credit_ledger_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_wallets" ADD CONSTRAINT "credit_wallets_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_wallets" ADD CONSTRAINT "credit_wallets_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "observed_features" ADD CONSTRAINT "observed_features_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "overrides" ADD CONSTRAINT "overrides_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "overrides" ADD CONSTRAINT "overrides_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_drifts" ADD CONSTRAINT "usage_drifts_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_drifts" ADD CONSTRAINT "usage_drifts_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_reports" ADD CONSTRAINT "usage_reports_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_reports" ADD CONSTRAINT "usage_reports_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_reports" ADD CONSTRAINT "usage_reports_store_id_stores_id_fk" FOREIGN KEY ("store_id") REFERENCES "public"."stores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "capacity_snapshots" ADD CONSTRAINT "capacity_snapshots_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "add_on_features" ADD CONSTRAINT "add_on_features_add_on_id_add_ons_id_fk" FOREIGN KEY ("add_on_id") REFERENCES "public"."add_ons"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "add_ons" ADD CONSTRAINT "add_ons_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_packages" ADD CONSTRAINT "credit_packages_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retired_prices" ADD CONSTRAINT "retired_prices_add_on_id_add_ons_id_fk" FOREIGN KEY ("add_on_id") REFERENCES "public"."add_ons"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retired_prices" ADD CONSTRAINT "retired_prices_credit_package_id_credit_packages_id_fk" FOREIGN KEY ("credit_package_id") REFERENCES "public"."credit_packages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tier_limits" ADD CONSTRAINT "tier_limits_tier_id_tiers_id_fk" FOREIGN KEY ("tier_id") REFERENCES "public"."tiers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tier_prices" ADD CONSTRAINT "tier_prices_tier_id_tiers_id_fk" FOREIGN KEY ("tier_id") REFERENCES "public"."tiers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tiers" ADD CONSTRAINT "tiers_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_store_id_stores_id_fk" FOREIGN KEY ("store_id") REFERENCES "public"."stores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_store_id_stores_id_fk" FOREIGN KEY ("store_id") REFERENCES "public"."stores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing_accounts" ADD CONSTRAINT "billing_accounts_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing_accounts" ADD CONSTRAINT "billing_accounts_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkout_sessions" ADD CONSTRAINT "checkout_sessions_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkout_sessions" ADD CONSTRAINT "checkout_sessions_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkout_sessions" ADD CONSTRAINT "checkout_sessions_store_id_stores_id_fk" FOREIGN KEY ("store_id") REFERENCES "public"."stores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoice_payments" ADD CONSTRAINT "invoice_payments_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "money_back" ADD CONSTRAINT "money_back_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "money_back" ADD CONSTRAINT "money_back_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "money_back" ADD CONSTRAINT "money_back_invoice_id_invoices_id_fk" FOREIGN KEY ("invoice_id") REFERENCES "public"."invoices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mrr_movements" ADD CONSTRAINT "mrr_movements_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mrr_movements" ADD CONSTRAINT "mrr_movements_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "store_add_ons" ADD CONSTRAINT "store_add_ons_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "store_add_ons" ADD CONSTRAINT "store_add_ons_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "store_add_ons" ADD CONSTRAINT "store_add_ons_store_id_stores_id_fk" FOREIGN KEY ("store_id") REFERENCES "public"."stores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "store_add_ons" ADD CONSTRAINT "store_add_ons_add_on_id_add_ons_id_fk" FOREIGN KEY ("add_on_id") REFERENCES "public"."add_ons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_tier_id_tiers_id_fk" FOREIGN KEY ("tier_id") REFERENCES "public"."tiers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_pending_tier_id_tiers_id_fk" FOREIGN KEY ("pending_tier_id") REFERENCES "public"."tiers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_store_id_stores_id_fk" FOREIGN KEY ("store_id") REFERENCES "public"."stores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_store_id_stores_id_fk" FOREIGN KEY ("store_id") REFERENCES "public"."stores"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_tokens" ADD CONSTRAINT "sign_in_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stores" ADD CONSTRAINT "stores_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stores" ADD CONSTRAINT "stores_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "credit_ledger_source" ON "credit_ledger" USING btree ("merchant_id","platform_id","source_key","bucket");--> statement-breakpoint
CREATE INDEX "credit_ledger_account" ON "credit_ledger" USING btree ("merchant_id","platform_id","at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "overrides_standing" ON "overrides" USING btree ("merchant_id","platform_id","feature_code") WHERE "overrides"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "overrides_account" ON "overrides" USING btree ("merchant_id","platform_id","created_at");--> statement-breakpoint
CREATE INDEX "usage_counters_old" ON "usage_counters" USING btree ("period_start");--> statement-breakpoint
CREATE INDEX "usage_counters_feature" ON "usage_counters" USING btree ("feature_code","platform_id","period_start");--> statement-breakpoint
CREATE INDEX "usage_drifts_at" ON "usage_drifts" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "usage_drifts_merchant" ON "usage_drifts" USING btree ("merchant_id","at");--> statement-breakpoint
CREATE INDEX "usage_reports_feature" ON "usage_reports" USING btree ("merchant_id","platform_id","feature_code","period_start");--> statement-breakpoint
CREATE INDEX "api_keys_created" ON "api_keys" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "api_keys_merchant" ON "api_keys" USING btree ("merchant_id");--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "audit_log_merchant" ON "audit_log" USING btree ("merchant_id","at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "audit_log_entity" ON "audit_log" USING btree ("entity","entity_id","at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "audit_log_actor" ON "audit_log" USING btree ("actor_id","at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "audit_log_action" ON "audit_log" USING btree ("action","at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "emails_list" ON "emails" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "emails_merchant" ON "emails" USING btree ("merchant_id","created_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "job_runs_job" ON "job_runs" USING btree ("job","started_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "stripe_differences_open" ON "stripe_differences" USING btree ("entity","entity_id","kind") WHERE "stripe_differences"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "stripe_differences_list" ON "stripe_differences" USING btree ("found_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "stripe_differences_merchant" ON "stripe_differences" USING btree ("merchant_id","found_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "webhook_events_list" ON "webhook_events" USING btree ("received_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "webhook_events_status" ON "webhook_events" USING btree ("status","received_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "webhook_events"."status" <> 'processed';--> statement-breakpoint
CREATE INDEX "webhook_events_type" ON "webhook_events" USING btree ("type","received_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "webhook_events_merchant" ON "webhook_events" USING btree ("merchant_id","received_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "webhook_events_due" ON "webhook_events" USING btree ("next_attempt_at") WHERE "webhook_events"."status" in ('received', 'failed');--> statement-breakpoint
CREATE INDEX "webhook_events_customer" ON "webhook_events" USING btree ("stripe_customer_id","received_at") WHERE "webhook_events"."status" in ('received', 'failed');--> statement-breakpoint
CREATE UNIQUE INDEX "add_ons_code" ON "add_ons" USING btree ("platform_id","code");--> statement-breakpoint
CREATE UNIQUE INDEX "add_ons_price" ON "add_ons" USING btree ("stripe_price_id") WHERE "add_ons"."stripe_price_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "credit_packages_code" ON "credit_packages" USING btree ("platform_id","code");--> statement-breakpoint
CREATE UNIQUE INDEX "credit_packages_price" ON "credit_packages" USING btree ("stripe_price_id") WHERE "credit_packages"."stripe_price_id" is not null;--> statement-breakpoint
CREATE INDEX "retired_prices_add_on" ON "retired_prices" USING btree ("add_on_id");--> statement-breakpoint
CREATE INDEX "retired_prices_package" ON "retired_prices" USING btree ("credit_package_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tier_prices_current" ON "tier_prices" USING btree ("tier_id","currency","interval") WHERE "tier_prices"."archived_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "tier_prices_stripe" ON "tier_prices" USING btree ("stripe_price_id") WHERE "tier_prices"."stripe_price_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "tiers_code" ON "tiers" USING btree ("platform_id","code");--> statement-breakpoint
CREATE UNIQUE INDEX "tiers_product" ON "tiers" USING btree ("stripe_product_id") WHERE "tiers"."stripe_product_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "orders_number" ON "orders" USING btree ("store_id","number");--> statement-breakpoint
CREATE INDEX "orders_account" ON "orders" USING btree ("merchant_id","platform_id","placed_at");--> statement-breakpoint
CREATE INDEX "orders_list" ON "orders" USING btree ("store_id","placed_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "products_sku" ON "products" USING btree ("store_id","sku");--> statement-breakpoint
CREATE INDEX "products_account" ON "products" USING btree ("merchant_id","platform_id","store_id");--> statement-breakpoint
CREATE INDEX "products_list" ON "products" USING btree ("store_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "billing_accounts_current" ON "billing_accounts" USING btree ("current_subscription_id");--> statement-breakpoint
CREATE INDEX "billing_accounts_month" ON "billing_accounts" USING btree ("month_end");--> statement-breakpoint
CREATE UNIQUE INDEX "checkout_sessions_stripe" ON "checkout_sessions" USING btree ("stripe_session_id") WHERE "checkout_sessions"."stripe_session_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "checkout_sessions_open_plan" ON "checkout_sessions" USING btree ("merchant_id","platform_id") WHERE "checkout_sessions"."kind" = 'plan' and "checkout_sessions"."status" = 'open';--> statement-breakpoint
CREATE UNIQUE INDEX "checkout_sessions_domain" ON "checkout_sessions" USING btree (lower("domain")) WHERE "checkout_sessions"."domain" is not null and "checkout_sessions"."status" = 'open';--> statement-breakpoint
CREATE INDEX "checkout_sessions_account" ON "checkout_sessions" USING btree ("merchant_id","platform_id","status");--> statement-breakpoint
CREATE INDEX "checkout_sessions_stale" ON "checkout_sessions" USING btree ("created_at") WHERE "checkout_sessions"."status" = 'open';--> statement-breakpoint
CREATE UNIQUE INDEX "customers_stripe" ON "customers" USING btree ("stripe_customer_id") WHERE "customers"."stripe_customer_id" is not null;--> statement-breakpoint
CREATE INDEX "customers_vat" ON "customers" USING btree ("vat_number") WHERE "customers"."vat_number" is not null;--> statement-breakpoint
CREATE INDEX "invoice_payments_invoice" ON "invoice_payments" USING btree ("stripe_invoice_id");--> statement-breakpoint
CREATE INDEX "invoices_account" ON "invoices" USING btree ("merchant_id","platform_id","issued_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "invoices_subscription" ON "invoices" USING btree ("stripe_subscription_id","issued_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "invoices_open" ON "invoices" USING btree ("status","next_attempt_at") WHERE "invoices"."status" = 'open';--> statement-breakpoint
CREATE INDEX "money_back_account" ON "money_back" USING btree ("merchant_id","platform_id","at");--> statement-breakpoint
CREATE INDEX "money_back_invoice" ON "money_back" USING btree ("invoice_id");--> statement-breakpoint
CREATE INDEX "mrr_movements_at" ON "mrr_movements" USING btree ("platform_id","at");--> statement-breakpoint
CREATE INDEX "mrr_movements_account" ON "mrr_movements" USING btree ("merchant_id","platform_id","at");--> statement-breakpoint
CREATE INDEX "store_add_ons_account" ON "store_add_ons" USING btree ("merchant_id","platform_id");--> statement-breakpoint
CREATE INDEX "store_add_ons_store" ON "store_add_ons" USING btree ("store_id");--> statement-breakpoint
CREATE INDEX "store_add_ons_subscription" ON "store_add_ons" USING btree ("stripe_subscription_id");--> statement-breakpoint
CREATE INDEX "store_add_ons_product" ON "store_add_ons" USING btree ("add_on_id");--> statement-breakpoint
CREATE UNIQUE INDEX "store_add_ons_domain" ON "store_add_ons" USING btree (lower("domain")) WHERE "store_add_ons"."domain" is not null and "store_add_ons"."ended_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "subscriptions_current" ON "subscriptions" USING btree ("merchant_id","platform_id") WHERE "subscriptions"."is_current";--> statement-breakpoint
CREATE UNIQUE INDEX "subscriptions_stripe" ON "subscriptions" USING btree ("stripe_subscription_id") WHERE "subscriptions"."stripe_subscription_id" is not null;--> statement-breakpoint
CREATE INDEX "subscriptions_account" ON "subscriptions" USING btree ("merchant_id","platform_id","started_at");--> statement-breakpoint
CREATE INDEX "subscriptions_list" ON "subscriptions" USING btree ("started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "subscriptions"."is_current";--> statement-breakpoint
CREATE INDEX "subscriptions_period_end" ON "subscriptions" USING btree ("current_period_end" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "subscriptions"."is_current";--> statement-breakpoint
CREATE INDEX "subscriptions_mrr" ON "subscriptions" USING btree ("mrr_cents" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "subscriptions"."is_current";--> statement-breakpoint
CREATE INDEX "subscriptions_status" ON "subscriptions" USING btree ("platform_id","status","started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "subscriptions"."is_current";--> statement-breakpoint
CREATE INDEX "subscriptions_tier" ON "subscriptions" USING btree ("tier_id","started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "subscriptions"."is_current";--> statement-breakpoint
CREATE INDEX "subscriptions_cancelling" ON "subscriptions" USING btree ("started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "subscriptions"."is_current" and "subscriptions"."cancel_at" is not null;--> statement-breakpoint
CREATE INDEX "subscriptions_trials" ON "subscriptions" USING btree ("trial_end") WHERE "subscriptions"."stripe_subscription_id" is null and "subscriptions"."status" = 'trialing';--> statement-breakpoint
CREATE INDEX "subscriptions_ended" ON "subscriptions" USING btree ("ended_at") WHERE "subscriptions"."ended_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_pending" ON "invitations" USING btree ("merchant_id",lower("email")) WHERE "invitations"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "invitations_store" ON "invitations" USING btree ("store_id","created_at");--> statement-breakpoint
CREATE INDEX "invitations_due" ON "invitations" USING btree ("expires_at") WHERE "invitations"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "memberships_user" ON "memberships" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "memberships_role" ON "memberships" USING btree ("role","created_at","user_id");--> statement-breakpoint
CREATE INDEX "merchants_created" ON "merchants" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "merchants_email" ON "merchants" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "merchants_search" ON "merchants" USING gin (lower("name" || ' ' || "email") gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "sign_in_tokens_user" ON "sign_in_tokens" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sign_in_tokens_expiry" ON "sign_in_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "stores_code" ON "stores" USING btree ("code");--> statement-breakpoint
CREATE INDEX "stores_owner" ON "stores" USING btree ("merchant_id","platform_id");--> statement-breakpoint
CREATE INDEX "stores_created" ON "stores" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "stores_search" ON "stores" USING gin (lower("code" || ' ' || "name") gin_trgm_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "users" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "users_staff" ON "users" USING btree ("staff_role") WHERE "users"."staff_role" is not null;--> statement-breakpoint
CREATE INDEX "users_created" ON "users" USING btree ("created_at","id");