CREATE TABLE "vat_decisions" (
	"invoice_id" text PRIMARY KEY NOT NULL,
	"decision" text NOT NULL,
	"reason" text NOT NULL,
	"credit_note_id" text,
	"reissued_as" text,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vat_proofs" (
	"id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"number" text NOT NULL,
	"verdict" text NOT NULL,
	"consultation_number" text,
	"name" text,
	"address" text,
	"raw" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "vat_typed" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "vat_name" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "vat_address" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "vat_next_check_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "vat_failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "vat_trouble" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "tax_ids" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "treatment" text DEFAULT 'charge' NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "treatment_reason" text DEFAULT 'no_number' NOT NULL;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "tax_reason" text;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "automatic_tax" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "tax_disabled_reason" text;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "customer_country" text;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "customer_vat_number" text;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "customer_tax_exempt" text;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "vat_issue" text;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "finalization_error" text;--> statement-breakpoint
ALTER TABLE "store_add_ons" ADD COLUMN "automatic_tax" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "store_add_ons" ADD COLUMN "tax_disabled_reason" text;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "automatic_tax" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "tax_disabled_reason" text;--> statement-breakpoint
ALTER TABLE "vat_decisions" ADD CONSTRAINT "vat_decisions_invoice_id_invoices_id_fk" FOREIGN KEY ("invoice_id") REFERENCES "public"."invoices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vat_proofs" ADD CONSTRAINT "vat_proofs_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "vat_proofs_number" ON "vat_proofs" USING btree ("merchant_id","number","at");--> statement-breakpoint
CREATE INDEX "customers_vat_check" ON "customers" USING btree ("vat_next_check_at") WHERE "customers"."vat_number" is not null;--> statement-breakpoint
CREATE INDEX "invoices_list" ON "invoices" USING btree ("issued_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "invoices_vat" ON "invoices" USING btree ("issued_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "invoices"."vat_issue" is not null;--> statement-breakpoint
CREATE INDEX "invoices_stuck" ON "invoices" USING btree ("issued_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "invoices"."finalization_error" is not null;--> statement-breakpoint
CREATE INDEX "subscriptions_untaxed" ON "subscriptions" USING btree ("merchant_id") WHERE "subscriptions"."tax_disabled_reason" is not null;--> statement-breakpoint
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is only added to', TG_TABLE_NAME;
END $$;--> statement-breakpoint
CREATE TRIGGER "vat_proofs_only_added" BEFORE UPDATE ON "vat_proofs" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();--> statement-breakpoint
-- Numbers of before are asked about once more: their verdict was Stripe's, without a consultation number.
UPDATE "customers" SET "vat_next_check_at" = now() WHERE "vat_number" IS NOT NULL;
