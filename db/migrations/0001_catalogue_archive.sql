CREATE TABLE "retired_products" (
	"stripe_product_id" text PRIMARY KEY NOT NULL,
	"entity" text NOT NULL,
	"entity_id" text NOT NULL,
	"platform_id" text NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"stripe_archived_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "retired_prices" ADD COLUMN "stripe_archived_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tier_prices" ADD COLUMN "stripe_archived_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "retired_products" ADD CONSTRAINT "retired_products_platform_id_platforms_id_fk" FOREIGN KEY ("platform_id") REFERENCES "public"."platforms"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "retired_products_to_archive" ON "retired_products" USING btree ("created_at") WHERE "retired_products"."stripe_archived_at" is null;--> statement-breakpoint
CREATE INDEX "credit_ledger_package" ON "credit_ledger" USING btree ("platform_id","reason") WHERE "credit_ledger"."kind" = 'purchase';--> statement-breakpoint
CREATE INDEX "subscriptions_pending_tier" ON "subscriptions" USING btree ("pending_tier_id") WHERE "subscriptions"."pending_tier_id" is not null;