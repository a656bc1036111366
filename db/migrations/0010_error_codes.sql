ALTER TABLE "job_runs" ADD COLUMN "error_code" text;--> statement-breakpoint
ALTER TABLE "job_runs" ADD COLUMN "error_details" jsonb;--> statement-breakpoint
ALTER TABLE "webhook_events" ADD COLUMN "error_code" text;--> statement-breakpoint
ALTER TABLE "webhook_events" ADD COLUMN "error_details" jsonb;--> statement-breakpoint
-- Sentences of before, read once: those that named what could not be placed, the others as they are.
UPDATE "webhook_events" SET "error_code" = replace(split_part("error", ': {', 1), ' ', '_'), "error_details" = substr("error", strpos("error", ': {') + 2)::jsonb
  WHERE "error" ~ '^(unmapped price|unknown status|unknown platform|customer mismatch): \{.*\}$' AND length("error") < 2000;--> statement-breakpoint
UPDATE "webhook_events" SET "error_code" = 'unexpected', "error_details" = jsonb_build_object('message', "error") WHERE "error" IS NOT NULL AND "error_code" IS NULL;--> statement-breakpoint
UPDATE "job_runs" SET "error_code" = 'unexpected', "error_details" = jsonb_build_object('message', "error") WHERE "error" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "job_runs" DROP COLUMN "error";--> statement-breakpoint
ALTER TABLE "webhook_events" DROP COLUMN "error";
