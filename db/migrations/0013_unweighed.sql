ALTER TABLE "customers" ALTER COLUMN "treatment_reason" SET DEFAULT 'unweighed';--> statement-breakpoint
UPDATE "customers" SET "treatment_reason" = 'unweighed';
