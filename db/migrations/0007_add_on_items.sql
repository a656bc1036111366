ALTER TABLE "store_add_ons" ADD COLUMN "is_on_plan" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "store_add_ons" o SET "is_on_plan" = true FROM "subscriptions" s WHERE s."stripe_subscription_id" = o."stripe_subscription_id";
